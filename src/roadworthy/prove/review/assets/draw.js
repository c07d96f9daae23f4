"use strict";
// Draws each plot of the page from the specification beside it; the numbers stand below it as a table in any case.
(function () {
  const refuse = () => Promise.reject(new Error("A plot of this page loads nothing."));
  const loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);

  function show(handler, event, item, value) {
    tip.hidden = value == null || value === "";
    if (tip.hidden) return;
    const lines = typeof value === "object" ? Object.entries(value).map(([name, text]) => `${name}: ${String(text).replace(/(\d)%$/, "$1 %")}`) : [String(value)];
    tip.textContent = lines.join("\n");
    const box = tip.getBoundingClientRect();
    const left = Math.min(event.clientX + 14, window.innerWidth - box.width - 8);
    const top = Math.min(event.clientY + 14, window.innerHeight - box.height - 8);
    tip.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(8, top)}px)`;
  }

  window.views = [];

  async function draw(figure) {
    const holder = figure.querySelector(".plot");
    const spec = JSON.parse(figure.querySelector("script").textContent);
    const compiled = vegaLite.compile(spec, { logger: quiet() }).spec;
    const view = new vega.View(vega.parse(compiled, null, { ast: true }), {
      expr: vega.expressionInterpreter,
      renderer: "svg",
      container: holder,
      hover: true,
      loader,
      tooltip: show,
      logLevel: vega.Error,
    });
    await view.runAsync();
    window.views.push(view);
    figure.dataset.drawn = "yes";
    const numbers = figure.querySelector("details");
    if (numbers) numbers.open = false;
  }

  function quiet() {
    const logger = { level: () => logger, error: (...words) => (console.error(...words), logger) };
    for (const kind of ["warn", "info", "debug"]) logger[kind] = () => logger;
    return logger;
  }

  async function drawAll() {
    for (const figure of document.querySelectorAll("figure[data-plot]")) {
      await new Promise((resolve) => setTimeout(resolve)); // whoever reads or types is not kept waiting
      try {
        await draw(figure);
      } catch (fault) {
        figure.dataset.drawn = "no";
        console.error(`The plot ${figure.dataset.plot} was not drawn:`, fault);
      }
    }
    document.documentElement.dataset.drawnAt = String(performance.now());
    document.documentElement.dataset.ready = "yes";
  }

  // On paper nothing can be opened: every closed part is opened for it, and closed again.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open]):not(.numbers):not(.folded)")];
    for (const part of opened) part.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
  });

  drawAll();
})();
