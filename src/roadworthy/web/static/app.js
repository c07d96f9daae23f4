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
  const input = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    input.select();
    try {
      await navigator.clipboard.writeText(input.value);
      say("Copied");
    } catch {
      say("It is selected: copy it by the keyboard");
    }
  });
}

// What HTMX replaced has the focus, so that the keyboard and a screen reader go on from there.
document.addEventListener("htmx:after:swap", (event) => {
  const target = event.detail.ctx?.target;
  const place = target?.id ? document.getElementById(target.id) : null;
  place?.focus({ preventScroll: true });
});

// A part of a page cannot tell a failure: the whole page does, or says to sign in.
document.addEventListener("htmx:response:error", (event) => {
  const status = event.detail.ctx?.response?.raw?.status;
  if (status === 401) location.reload();
  else say(`That did not work (${status ?? "no answer"}). Load the page again.`);
});
