// What pages do beyond HTML. Each works without it, but for the theme and copying, which are hidden then.

const THEMES = ["system", "light", "dark"];

function theme() {
  return document.documentElement.dataset.theme ?? "system";
}

function choose(chosen) {
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  try {
    if (chosen === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", chosen);
  } catch {
    // Storage is off: the choice lasts for this page.
  }
}

function say(text) {
  document.getElementById("notice").textContent = text;
}

for (const button of document.querySelectorAll("button.theme")) {
  const label = () => {
    button.querySelector("span").textContent = `Theme: ${theme()}`;
    button.title = `Theme: ${theme()}`;
  };
  button.hidden = false;
  label();
  button.addEventListener("click", () => {
    choose(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
    label();
    say(`Theme: ${theme()}`);
  });
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      say("Copied");
    } catch {
      say("It is selected: copy it by the keyboard");
    }
  });
}

// What HTMX replaced because somebody asked has the focus, so that the keyboard and a screen reader go on from there.
document.addEventListener("htmx:after:swap", (event) => {
  const target = event.detail.ctx?.target;
  const place = target?.id ? document.getElementById(target.id) : null;
  if (place && !("quiet" in place.dataset)) place.focus({ preventScroll: true });
});

// A part of a page cannot tell a failure: the whole page does, or says to sign in.
document.addEventListener("htmx:response:error", (event) => {
  const status = event.detail.ctx?.response?.raw?.status;
  if (status === 401) location.reload();
  else say(`That did not work (${status ?? "no answer"}). Load the page again.`);
});

// A log that grows: lines are text, and the place stays at the end for whoever looks at the end.
for (const log of document.querySelectorAll(".log[data-src]")) {
  const list = log.querySelector("ol");
  const source = new EventSource(log.dataset.src);
  const follow = (change) => {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    change();
    if (atEnd) log.scrollTop = log.scrollHeight;
  };
  log.scrollTop = log.scrollHeight;
  source.addEventListener("message", (event) => {
    const lines = JSON.parse(event.data).map((line) => {
      const item = document.createElement("li");
      item.appendChild(document.createElement("code")).textContent = line;
      return item;
    });
    follow(() => list.append(...lines));
  });
  source.addEventListener("anew", () => list.replaceChildren());
  source.addEventListener("end", () => {
    source.close();
    document.body.dispatchEvent(new Event("ended"));
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) say("The log does not come any more: load the page again.");
  });
}

// What is being written survives a reload until it is said: it is kept with the key under which it is sent, and the
// server says once what it is sent twice under one key.
for (const form of document.querySelectorAll("form[data-draft]")) {
  const place = `draft ${form.dataset.draft}`;
  const { text, key } = form.elements;
  const keep = (act) => {
    try {
      return act();
    } catch {
      return null; // Storage is off or full: the draft lasts for this page.
    }
  };
  const kept = keep(() => JSON.parse(localStorage.getItem(place)));
  if (kept && document.querySelector(`[data-key="${CSS.escape(kept.key)}"]`)) keep(() => localStorage.removeItem(place));
  else if (kept && !text.value) {
    text.value = kept.text;
    key.value = kept.key;
    const folded = form.closest("details");
    if (folded) folded.open = true;
  }
  text.addEventListener("input", () => {
    const draft = JSON.stringify({ key: key.value, text: text.value });
    keep(() => (text.value ? localStorage.setItem(place, draft) : localStorage.removeItem(place)));
  });
}

// Moments are shown in the reader's own zone, with UTC in the title; what says how long ago has both there.
const CLOCK = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
function local(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
    const here = CLOCK.format(new Date(time.dateTime));
    const utc = time.title || time.textContent;
    time.dataset.local = here;
    if (time.title) time.title = `${here} · ${utc}`;
    else {
      time.title = utc;
      time.textContent = here;
    }
  }
}
local(document);
document.addEventListener("htmx:after:swap", () => local(document));
