"use strict";
// The table of changed predictions: filtered here, opened row by row, and chosen from. All foreign text is text.
(function () {
  const place = document.querySelector("[data-explorer]");
  if (!place) return;
  const PAGE = 50;
  const $ = (selector) => place.querySelector(selector);
  const number = new Intl.NumberFormat("en");
  const many = (count, noun) => `${number.format(count)} ${noun}${count === 1 ? "" : "s"}`;
  const isFramed = window.parent !== window;
  const chosen = new Map(); // key as text → the row's values, so that a choice outlives a filter
  let data, texts, found, shown, current, indexing;

  function make(tag, text, classes) {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (classes) element.className = classes;
    return element;
  }

  function column(packed) {
    return Array.isArray(packed) ? (at) => packed[at] : (at) => packed.is[packed.at[at]];
  }

  function load(told) {
    const columns = Object.fromEntries(Object.entries(told.columns).map(([name, packed]) => [name, column(packed)]));
    data = { ...told, columns, was: column(told.was), now: column(told.now) };
    data.fields = [...new Set([...told.key, ...told.inputs, told.label])].filter((name) => columns[name]);
    texts = new Array(told.rows);
    indexing = 0;
    index();
  }

  // What a search looks through is made while nobody waits; a search makes what is still lacking.
  function index(all) {
    const end = all ? data.rows : Math.min(data.rows, indexing + 2000);
    for (; indexing < end; indexing++) {
      texts[indexing] = data.fields.map((name) => say(data.columns[name](indexing))).join("\n").toLowerCase();
    }
    if (indexing < data.rows) setTimeout(index, 0);
  }

  // As the page's other words: nothing that hides or turns the text around it is shown as it is.
  function say(value) {
    if (value === null || value === undefined) return "missing";
    if (value === true) return "yes";
    if (value === false) return "no";
    if (typeof value === "number") return String(value).replace(/^-/, "\u2212");
    return String(value).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, (one) => {
      const code = one.codePointAt(0).toString(16);
      return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
    });
  }

  function wanted() {
    const by = (name) => $(`[data-by=${name}]`).value;
    return { words: $("[type=search]").value.toLowerCase().trim(), fixed: by("fixed"), band: by("band"), group: by("group") };
  }

  function fits(fixed, band, mask, asked) {
    return (
      (asked.fixed === "" || fixed === Number(asked.fixed)) &&
      (asked.band === "" || band === Number(asked.band)) &&
      (asked.group === "" || ((mask >> Number(asked.group)) & 1) === 1)
    );
  }

  function filter() {
    const begun = performance.now();
    const asked = wanted();
    if (asked.words) index(true);
    found = [];
    for (let at = 0; at < data.rows; at++) {
      if (fits(data.fixed[at], data.band[at], data.mask[at], asked) && (!asked.words || texts[at].includes(asked.words))) {
        found.push(at);
      }
    }
    shown = 0;
    current = -1;
    $("tbody").replaceChildren();
    more();
    count(asked);
    place.dataset.took = String(performance.now() - begun);
  }

  function count(asked) {
    const all = data.cube.reduce(
      (sum, [fixed, band, mask, rows]) => sum + (fits(Number(fixed), band, mask, asked) ? rows : 0), 0,
    );
    const rest = data.rows < data.all;
    let told = asked.words
      ? `${many(found.length, "row")} of ${number.format(data.rows)} match.`
      : `${many(all, "row")} of ${number.format(data.all)} that changed match.`;
    if (!found.length) told = "No changed prediction matches. Widen the filter.";
    if (rest && data.rows) told += ` ${number.format(data.rows)} of them are kept here, those whose score moved most.`;
    $("[role=status]").textContent = told;
    $(".fetch").hidden = !(rest && isFramed && canFetch);
  }

  function more() {
    const end = Math.min(found.length, shown + PAGE);
    const rows = [];
    for (; shown < end; shown++) rows.push(row(found[shown]));
    $("tbody").append(...rows);
    $(".more").hidden = shown >= found.length;
    $(".more").textContent = `Show ${Math.min(PAGE, found.length - shown)} more`;
  }

  function keyOf(at) {
    return data.key.map((name) => data.columns[name](at));
  }

  function nameOf(at) {
    return data.key.length ? keyOf(at).map(say).join(", ") : `row ${at + 1}`;
  }

  function cell(value, classes) {
    const numeric = typeof value === "number" || value === null;
    return make("td", say(value), [classes, numeric ? "n" : "", value === null ? "muted" : ""].filter(Boolean).join(" "));
  }

  function row(at) {
    const line = make("tr");
    line.dataset.at = at;
    line.dataset.about = "row";
    line.dataset.name = nameOf(at);
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = chosen.has(JSON.stringify(keyOf(at)));
    box.setAttribute("aria-label", `Choose ${nameOf(at)}`);
    box.addEventListener("change", () => choose(at, box.checked));
    const first = make("td");
    first.append(box);
    const button = make("button", nameOf(at), "open");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => toggle(line));
    button.addEventListener("focus", () => (current = [...$("tbody").querySelectorAll("tr[data-at]")].indexOf(line)));
    const head = make("th");
    head.scope = "row";
    head.append(button);
    const mended = data.fixed[at] === 1;
    const pulls = data.because[at];
    line.append(
      first,
      head,
      make("td", mended ? "\u2713 fixed" : "\u2717 broken", mended ? "good" : "bad"),
      cell(data.columns[data.label]?.(at)),
      cell(data.old[at]),
      cell(data.new[at], mended ? "good" : "bad"),
      make("td", `${say(data.was(at))} \u2192 ${say(data.now(at))}`),
      ...(carries ? [make("td", pulls ? carried(pulls, 2) : "", "small")] : []),
      ...data.inputs.map((name) => cell(data.columns[name](at))),
    );
    return line;
  }

  function carried(pulls, most) {
    return pulls.slice(0, most).map(([name, share]) => `${say(name)} ${Math.round(100 * share)} %`).join(", ");
  }

  function toggle(line) {
    const button = line.querySelector(".open");
    const next = line.nextElementSibling;
    const isOpen = next?.classList.contains("opened");
    if (isOpen) next.remove();
    else line.after(detail(Number(line.dataset.at)));
    button.setAttribute("aria-expanded", String(!isOpen));
  }

  function detail(at) {
    const line = make("tr", undefined, "opened");
    const held = make("td");
    held.colSpan = 8 + data.inputs.length;
    const inside = make("div", undefined, "inside");
    held.append(inside);
    line.append(held);
    inside.append(...explained(at), beside(at));
    return line;
  }

  function explained(at) {
    const pulls = data.because[at];
    const told = [];
    if (pulls?.length) told.push(`What carries this change: ${carried(pulls, 4)}.`);
    else if (data.pulls.length) told.push(`This row was not looked into. What carries the change of all broken rows: ${carried(data.pulls, 4)}.`);
    else told.push("What carries the change is not known: the test did not ask both models about it.");
    const groups = data.groups.filter((_, bit) => (data.mask[at] >> bit) & 1);
    const named = (declared) => groups.filter((one) => one.declared === declared).map((one) => say(one.declared ? `${one.name} (${one.where})` : one.where));
    if (named(true).length) told.push(`In the slices: ${named(true).join("; ")}.`);
    if (named(false).length) told.push(`Where many rows broke: ${named(false).join("; ")}.`);
    if (data.bands.length && data.band[at] >= 0) told.push(`Before, it was among the ${data.bands[data.band[at]]} of all rows.`);
    return told.map((text) => make("p", text));
  }

  function beside(at) {
    const all = data.neighbours;
    const near = all?.near[at] ?? [];
    const table = make("table");
    const columns = near.length ? Object.fromEntries(Object.entries(all.columns).map(([name, one]) => [name, column(one)])) : {};
    const head = make("tr");
    for (const title of ["input", "this row", ...near.map((_, nth) => `training row ${nth + 1}`)]) {
      const one = make("th", title);
      one.scope = "col";
      head.append(one);
    }
    const body = make("tbody");
    for (const name of [...new Set([...data.inputs, data.label])].filter((one) => data.columns[one])) {
      const line = make("tr");
      const title = make("th", name === data.label ? `${say(name)} (the truth)` : say(name));
      title.scope = "row";
      const mine = data.columns[name](at);
      line.append(title, cell(mine));
      for (const other of near) {
        const value = columns[name] ? columns[name](other) : undefined;
        const one = value === undefined ? make("td", "\u2013", "muted") : cell(value);
        if (value !== undefined && value !== mine) {
          one.classList.add("differs");
          one.textContent = `\u2260 ${one.textContent}`;
        }
        line.append(one);
      }
      body.append(line);
    }
    if (near.length) {
      const line = make("tr");
      const title = make("th", "how far apart, from 0 to 1");
      title.scope = "row";
      line.append(title, make("td"), ...all.apart[at].map((one) => cell(one)));
      body.append(line);
    }
    const top = make("thead");
    top.append(head);
    table.append(top, body);
    const box = make("div", undefined, "scroll");
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", `Inputs of ${nameOf(at)}, beside the nearest training rows`);
    box.append(table);
    if (!near.length) {
      const why = all ? "The nearest training rows are kept for the rows whose score moved most." : "The training rows are not kept here, so the nearest are not known.";
      box.append(make("p", why, "small muted pad"));
    } else if (all.sampled < all.of) {
      box.append(make("p", `The nearest of ${number.format(all.sampled)} of the ${number.format(all.of)} training rows.`, "small muted pad"));
    }
    return box;
  }

  function choose(at, isChosen) {
    const key = JSON.stringify(keyOf(at));
    if (isChosen) chosen.set(key, Object.fromEntries(data.fields.map((name) => [name, data.columns[name](at)])));
    else chosen.delete(key);
    tell();
  }

  // --- what is chosen becomes a failure mode ---

  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const literal = (value) =>
    value === null ? null : typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);

  function rowsMeant() {
    const keys = [...chosen.keys()].map((key) => JSON.parse(key));
    if (data.key.length === 1 && keys.every(([one]) => !String(one).includes(","))) {
      return `--keys=${quote(keys.map(([one]) => String(one)).join(","))}`;
    }
    const each = keys.map((key) => {
      const parts = data.key.map((name, nth) => {
        const value = literal(key[nth]);
        return `"${name.replaceAll('"', '""')}" ${value === null ? "IS NULL" : `= ${value}`}`;
      });
      return `(${parts.join(" and ")})`;
    });
    return `--where=${quote(each.join(" or "))}`;
  }

  function tell() {
    $(".selection").hidden = chosen.size === 0;
    $(".chosen").textContent = `${many(chosen.size, "row")} chosen`;
    const title = $("[data-title]").value.trim() || "Say in a few words what goes wrong";
    const most = chosen.size > 20 ? ` --examples=${chosen.size}` : "";
    $("[data-command]").value = `roadworthy failure-mode new ${quote(title)} ${rowsMeant()}${most}`;
  }

  function csv() {
    // A cell that a spreadsheet would take for a formula is told apart from one.
    const safe = (text) => (/^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text);
    const line = (values) => values.map((one) => `"${safe(one === null ? "" : String(one)).replaceAll('"', '""')}"`).join(",");
    return [line(data.fields), ...[...chosen.values()].map((one) => line(data.fields.map((name) => one[name])))].join("\r\n");
  }

  function download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    link.download = "failure-mode.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async function copy() {
    const field = $("[data-command]");
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      announce("Copied.");
    } catch {
      announce(document.execCommand("copy") ? "Copied." : "It is selected: copy it by the keyboard.");
    }
  }

  function announce(text) {
    document.getElementById("said").textContent = text;
  }

  // --- by the keyboard ---

  function step(by) {
    const lines = [...$("tbody").querySelectorAll("tr[data-at]")];
    if (!lines.length) return;
    let next = Math.max(0, current + by);
    if (next >= lines.length && shown < found.length) {
      more();
      lines.splice(0, lines.length, ...$("tbody").querySelectorAll("tr[data-at]"));
    }
    next = Math.min(next, lines.length - 1);
    lines[next].querySelector(".open").focus();
    lines[next].scrollIntoView({ block: "nearest" });
  }

  function mark() {
    const line = $("tbody").querySelectorAll("tr[data-at]")[current];
    line?.querySelector("[type=checkbox]").click();
  }

  // --- the platform's page around this one, which has no origin and so can be given things only by message ---

  let canFetch = false;
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || !isFramed || typeof event.data !== "object") return;
    if (event.data?.roadworthy === "here") {
      canFetch = event.data.rows === true;
      $(".propose").hidden = event.data.comments !== true;
      $(".download").hidden = true; // a frame without an origin downloads nothing
      count(wanted());
    }
    if (event.data?.roadworthy === "rows") {
      window.roadworthy.load(event.data.document);
      announce(`${many(data.rows, "row")} fetched.`);
    }
  });

  window.roadworthy = {
    load: (told) => {
      load(told);
      filter();
    },
    filter,
    step,
    mark,
    search: () => $("[type=search]").focus(),
    pick: (group) => {
      $("[data-by=group]").value = String(group);
      filter();
      place.scrollIntoView();
      $("[data-by=group]").focus({ preventScroll: true });
    },
  };

  load(JSON.parse($("script").textContent));
  const carries = Object.keys(data.because).length > 0; // as the head of the table has it
  let waiting = 0;
  $("[type=search]").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 60);
  });
  for (const one of place.querySelectorAll("select")) one.addEventListener("change", filter);
  $(".filters").addEventListener("submit", (event) => event.preventDefault());
  $(".more").addEventListener("click", more);
  $(".fetch").addEventListener("click", () => window.parent.postMessage({ roadworthy: "rows" }, "*"));
  $("[data-title]").addEventListener("input", tell);
  $(".copy").addEventListener("click", copy);
  $(".download").addEventListener("click", download);
  $(".propose").addEventListener("click", () =>
    window.parent.postMessage({ roadworthy: "comment", about: "change", name: "", text: $("[data-command]").value }, "*"),
  );
  $(".none").addEventListener("click", () => {
    chosen.clear();
    for (const box of $("tbody").querySelectorAll(":checked")) box.checked = false;
    tell();
  });
  for (const one of document.querySelectorAll("[data-pick]")) {
    one.hidden = false;
    one.addEventListener("click", () => window.roadworthy.pick(one.dataset.pick));
  }
  $(".live").hidden = data.rows === 0;
  for (const one of document.querySelectorAll(".instead")) one.hidden = data.rows > 0;
  filter();
})();
