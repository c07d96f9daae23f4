// Before anything is drawn: the theme that was chosen here, if one was. `app.js` has the button.
(() => {
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage is off: the theme is the system's.
  }
})();
