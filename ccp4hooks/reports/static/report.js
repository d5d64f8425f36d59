"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);

  const make = (name, text = "", more = {}) => Object.assign(document.createElement(name), { textContent: text, ...more });

  const labelled = (text, control) => {
    const label = make("label", `${text} `);
    label.append(control);
    return label;
  };

  // --- a job that is named somewhere shows its details ------------------------------------------------------------

  const reveal = () => {
    const target = byId(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.localName === "details") at.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // What is unfolded is printed. Sub-jobs are left as they are: they have nearly the same graphs as their jobs.
  const unfolded = (text, open) => {
    const button = make("button", text, { type: "button" });
    button.addEventListener("click", () =>
      document.querySelectorAll("section > details.job").forEach((one) => { one.open = open; }));
    return button;
  };
  const controls = make("p", "", { className: "controls" });
  controls.append(unfolded("Unfold all jobs", true), unfolded("Fold all jobs", false));
  byId("details")?.after(controls);

  // --- the table of jobs ------------------------------------------------------------------------------------------

  const table = byId("table");
  if (table) {
    const groups = [...table.tBodies];
    const headings = [...table.tHead.rows[0].cells];
    const all = byId("subs");

    // The text of a filter is looked for in a job and in its sub-jobs.
    const texts = groups.map((group) => group.textContent.toLowerCase());
    const states = groups.map((group) => [...group.querySelectorAll(".status")].map((one) => one.dataset.name));
    const words = make("input", "", { type: "search", autocomplete: "off" });
    const state = make("select");
    state.append(new Option("any status", ""), ...data.statuses.map((name) => new Option(name, name)));
    const count = make("span", "", { className: "count" });
    count.setAttribute("role", "status");
    const filter = () => {
      const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      groups.forEach((group, at) => {
        const fits = wanted.every((word) => texts[at].includes(word));
        group.hidden = !fits || Boolean(state.value && !states[at].includes(state.value));
        shown += !group.hidden;
      });
      const total = `${groups.length} ${groups.length === 1 ? "job" : "jobs"}`;
      count.textContent = shown === groups.length ? total : `${shown} of ${total}`;
    };
    words.addEventListener("input", filter);
    state.addEventListener("change", filter);
    all.closest("p").prepend(labelled("Find", words), labelled("Status", state));
    all.closest("p").append(count);
    filter();

    // Sub-jobs stay below their jobs, so that bodies of the table are sorted.
    const value = (group, column) => {
      const cell = group.rows[0].cells[column];
      const order = cell.dataset.order;
      return order === undefined ? cell.textContent.trim() : order === "" ? "" : Number(order);
    };
    const compare = (one, other) =>
      typeof one === "number" && typeof other === "number" ? one - other
        : String(one).localeCompare(String(other), "en", { numeric: true });
    const sort = (column) => {
      const descends = headings[column].getAttribute("aria-sort") === "ascending";
      headings.forEach((heading) => heading.removeAttribute("aria-sort"));
      headings[column].setAttribute("aria-sort", descends ? "descending" : "ascending");
      const keyed = groups.map((group, at) => [value(group, column), at, group]);
      // A job without the value comes last in both directions.
      keyed.sort(([one, at], [other, another]) =>
        (one === "") - (other === "") || (descends ? -1 : 1) * compare(one, other) || at - another);
      table.append(...keyed.map(([, , group]) => group));
    };
    headings.forEach((heading, column) => {
      const button = make("button", heading.textContent, { type: "button" });
      button.addEventListener("click", () => sort(column));
      heading.replaceChildren(button);
    });

    groups.forEach((group) => {
      if (group.rows.length < 2) return;
      const number = group.rows[0].cells[0].textContent.trim().split(/\s/)[0];
      const button = make("button", "", { type: "button", className: "fold" });
      button.setAttribute("aria-label", `Sub-jobs of job ${number}`);
      const show = (open) => {
        group.classList.toggle("open", open);
        button.setAttribute("aria-expanded", String(open));
      };
      button.addEventListener("click", () => show(!group.classList.contains("open")));
      all.addEventListener("change", () => show(all.checked));
      show(all.checked);
      group.rows[0].cells[0].prepend(button);
    });
    table.classList.add("live");
  }

  // --- the picture ------------------------------------------------------------------------------------------------

  const picture = byId("picture");
  if (picture) {
    const nodes = [...picture.querySelectorAll(".node")];
    const lines = [...picture.querySelectorAll(".edges path")];
    const said = byId("chosen");
    const neighbours = (from, to) => {
      const found = new Map();
      for (const edge of data.edges) {
        if (!found.has(edge[from])) found.set(edge[from], []);
        found.get(edge[from]).push(edge[to]);
      }
      return found;
    };
    const sources = neighbours(1, 0);
    const targets = neighbours(0, 1);
    const closure = (start, next) => {
      const found = new Set();
      const front = [start];
      while (front.length) {
        for (const other of next.get(front.pop()) ?? []) {
          if (!found.has(other) && other !== start) {
            found.add(other);
            front.push(other);
          }
        }
      }
      return found;
    };
    const names = (found) =>
      [...found].sort((one, other) => one - other).map((at) => nodes[at].querySelector("text").textContent).join(", ");
    const choose = (chosen) => {
      const up = chosen === null ? new Set() : closure(chosen, sources);
      const down = chosen === null ? new Set() : closure(chosen, targets);
      picture.classList.toggle("choosing", chosen !== null);
      nodes.forEach((node, at) => {
        node.classList.toggle("chosen", at === chosen);
        node.classList.toggle("up", up.has(at));
        node.classList.toggle("down", down.has(at));
        if (node.localName === "a") node.setAttribute("aria-current", String(at === chosen));
      });
      data.edges.forEach(([source, target], at) => {
        const isUp = up.has(source) && (up.has(target) || target === chosen);
        lines[at].classList.toggle("up", isUp);
        lines[at].classList.toggle("down", down.has(target) && (down.has(source) || source === chosen));
        lines[at].classList.toggle("near", source === chosen || target === chosen);
      });
      if (chosen === null) {
        said.textContent = "Choose a job to see what led to it and what came of it.";
        return;
      }
      const link = make("a", "Details", { href: nodes[chosen].getAttribute("href") });
      const name = nodes[chosen].querySelector("text").textContent;
      said.textContent = `${name}: it came from ${names(up) || "nothing"}; it led to ${names(down) || "nothing"}. `;
      said.append(link);
    };
    nodes.forEach((node, at) => {
      if (node.localName !== "a") return;
      node.addEventListener("click", (event) => {
        event.preventDefault();
        choose(node.classList.contains("chosen") ? null : at);
      });
    });
    picture.addEventListener("keydown", (event) => { if (event.key === "Escape") choose(null); });
    choose(data.chosen ?? null);
  }
})();
