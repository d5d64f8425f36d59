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
    axisQuantitative: { tickCount: 6, labelSeparation: 8 },
    legend: { ...words, orient: "top" },
    title: { color: colour("ink") },
    mark: { color: colour("busy") },
    text: { color: colour("ink") },
    point: { filled: true, size: 60 },
    range: { category: ["busy", "down", "good", "up", "bad", "wait"].map(colour) },
  };

  // Vega finds a free place for labels beside their points; Vega-Lite cannot ask for it. See `LABELS_APART`.
  const anchors = ["top", "right", "bottom", "left", "top-right", "bottom-right", "top-left", "bottom-left"];
  const labelsApart = {
    type: "label",
    size: [{ signal: "width" }, { signal: "height" }],
    anchor: [...anchors, ...anchors],
    offset: [...anchors.map(() => 6), ...anchors.map(() => 18)],
    padding: 12,
  };
  const separate = (compiled) => {
    for (const mark of compiled.marks) if (mark.name === "numbers_marks") mark.transform = [labelsApart];
    return compiled;
  };

  // What Vega knows of the point below the pointer is shown beside it.
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.getElementById("main").append(tip);
  const hide = () => { tip.hidden = true; };
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  const tell = (handler, event, item, value) => {
    if (value === null || value === undefined || value === "") {
      hide();
      return;
    }
    const named = typeof value === "object" ? Object.entries(value) : [];
    tip.textContent = named.length ? named.map(([name, one]) => `${name}: ${one}`).join("\n") : String(value);
    tip.hidden = false;
    const at = event.changedTouches?.[0] ?? event;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(0, Math.min(at.clientX + 12, innerWidth - width - 4))}px`;
    tip.style.top = `${at.clientY + height + 16 > innerHeight ? at.clientY - height - 8 : at.clientY + 12}px`;
  };

  const views = new Map();
  const draw = async (place, given) => {
    // A single view is as wide as the page.
    const spec = given.mark && !("width" in given) ? { ...given, width: "container" } : given;
    views.get(place)?.finalize();
    try {
      const compiled = vegaLite.compile(spec, { config: theme, logger: silent }).spec;
      // Without `eval`, which the page does not permit.
      const runtime = vega.parse(separate(compiled), null, { ast: true });
      const view = new vega.View(runtime, {
        expr: vega.expressionInterpreter, loader, logger: silent, renderer: "svg", container: place, hover: true,
        tooltip: tell,
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
      const whole = field === "order" ? { axis: { tickMinStep: 1, format: "d" } } : {};
      return { field, type: "quantitative", title, scale: { zero: false, padding: 20 }, ...whole };
    };
    const redraw = () => {
      const [x, y] = [axis(across), axis(up)];
      draw(place, {
        description: `${y.title} against ${x.title}`,
        width: "container",
        height: 320,
        data: { values: choice.rows.filter((row) => x.field in row && y.field in row) },
        encoding: { x, y },
        layer: [
          {
            mark: { type: "point", filled: true },
            encoding: { tooltip: [{ field: "job", title: "Job" }, { field: "title", title: "Title" }, x, y] },
          },
          { name: "numbers", mark: { type: "text", aria: false }, encoding: { text: { field: "job" } } },
        ],
      });
    };
    const up = select("Vertical ", 1);
    const across = select("Horizontal ", Math.min(2, choice.axes.length - 1));
    redraw();
  }
})();
