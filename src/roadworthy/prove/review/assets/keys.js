"use strict";
// The page by the keyboard, and what is said to all of its plots: whose numbers they show, and what a miss costs.
(function () {
  const isFramed = window.parent !== window;
  const help = document.getElementById("help");
  let canComment = false;

  function announce(text) {
    document.getElementById("said").textContent = text;
  }

  function comment() {
    const about = document.activeElement?.closest("[data-about]");
    if (!canComment) {
      announce("Comments are written on the platform’s page of this change.");
      return;
    }
    const named = about ? { about: about.dataset.about, name: about.dataset.name } : { about: "change", name: "" };
    window.parent.postMessage({ roadworthy: "comment", text: "", ...named }, "*");
  }

  const keys = {
    "/": () => window.roadworthy?.search(),
    j: () => window.roadworthy?.step(1),
    k: () => window.roadworthy?.step(-1),
    x: () => window.roadworthy?.mark(),
    c: comment,
    "?": () => (help.open ? help.close() : help.showModal()),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const field = event.target.closest?.("input:not([type=checkbox]), textarea, select");
    if (field) {
      if (event.key === "Escape") field.blur();
      return;
    }
    if (help.open && event.key !== "?") return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  for (const button of document.querySelectorAll("[data-help]")) {
    button.hidden = false;
    button.addEventListener("click", () => help.showModal());
  }
  for (const button of help.querySelectorAll("button")) button.addEventListener("click", () => help.close());

  window.addEventListener("message", (event) => {
    if (isFramed && event.source === window.parent && event.data?.roadworthy === "here") {
      canComment = event.data.comments === true;
    }
  });
  if (isFramed) window.parent.postMessage({ roadworthy: "ready" }, "*");

  // --- every plot at once ---

  function tell(signal, value) {
    for (const view of window.views ?? []) {
      try {
        view.signal(signal, value).runAsync();
      } catch {
        // This plot has no such thing.
      }
    }
  }

  const boxes = [...document.querySelectorAll(".who input")];
  for (const box of boxes) {
    box.addEventListener("change", () => tell("shown", boxes.filter((one) => one.checked).map((one) => one.value)));
  }
  for (const part of document.querySelectorAll(".who, .ratio")) part.hidden = false;
  for (const slider of document.querySelectorAll(".ratio input")) {
    slider.addEventListener("input", () => {
      const ratio = Number(slider.value);
      slider.closest(".ratio").querySelector("output").textContent = String(ratio);
      tell("ratio", ratio);
    });
  }
})();
