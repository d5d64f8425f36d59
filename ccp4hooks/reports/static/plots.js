"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const refuse = () => Promise.reject(new Error("A plot has its data in itself."));
  const loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };
  const silent = vega.logger(vega.None);

  // The colours of the style sheet, so that a plot follows the page: light, dark, and on paper.
  const colour = (name) => `var(--${name})`;
  const words = { labelColor: colour("ink"), titleColor: colour("ink"), labelFontSize: 12, titleFontSize: 13 };
  const theme = {
    background: null,
    font: "system-ui, sans-serif",
    view: { stroke: null },
    axis: { ...words, gridColor: colour("line"), domainColor: colour("soft"), tickColor: colour("soft") },
    legend: { ...words, orient: "top" },
    title: { color: colour("ink") },
    mark: { color: colour("busy") },
    text: { color: colour("ink") },
    point: { filled: true, size: 60 },
    range: { category: ["busy", "down", "good", "up", "bad", "wait"].map(colour) },
  };

  const views = new Map();
  const draw = async (place, given) => {
    // A single view is as wide as the page.
    const spec = given.mark && !("width" in given) ? { ...given, width: "container" } : given;
    views.get(place)?.finalize();
    try {
      const compiled = vegaLite.compile(spec, { config: theme, logger: silent }).spec;
      // Without `eval`, which the page does not permit.
      const runtime = vega.parse(compiled, null, { ast: true });
      const view = new vega.View(runtime, {
        expr: vega.expressionInterpreter, loader, logger: silent, renderer: "svg", container: place, hover: true,
      });
      views.set(place, view);
      await view.runAsync();
    } catch (error) {
      place.textContent = `This plot cannot be drawn: ${error.message}`;
    }
  };
  // What is folded has no width, and may never be looked at.
  const drawWhenShown = (place, spec) => {
    const folded = place.closest("details:not([open])");
    if (folded) folded.addEventListener("toggle", () => drawWhenShown(place, spec), { once: true });
    else draw(place, spec);
  };
  data.plots.forEach((spec, at) => drawWhenShown(document.getElementById(`plot-${at}`), spec));

  const choice = data.choice;
  if (choice) {
    const place = document.getElementById("plot-choice");
    const select = (text, chosen) => {
      const made = document.createElement("select");
      made.append(...choice.axes.map(({ title, field }) => new Option(title, field)));
      made.selectedIndex = chosen;
      made.addEventListener("change", redraw);
      const label = document.createElement("label");
      label.append(text, made);
      document.getElementById("axes").append(label);
      return made;
    };
    const axis = (made) => {
      const { field, title } = choice.axes[made.selectedIndex];
      return { field, type: "quantitative", title, scale: { zero: false } };
    };
    const redraw = () => {
      const [x, y] = [axis(across), axis(up)];
      draw(place, {
        description: `${y.title} against ${x.title}`,
        width: "container",
        height: 320,
        data: { values: choice.rows.filter((row) => x.field in row && y.field in row) },
        mark: { type: "point", filled: true },
        encoding: { x, y, tooltip: [{ field: "job", title: "Job" }, { field: "title", title: "Title" }, x, y] },
      });
    };
    const up = select("Vertical ", 1);
    const across = select("Horizontal ", Math.min(2, choice.axes.length - 1));
    redraw();
  }
})();
