"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const banner = byId("banner");
  const address = JSON.parse(byId("data").textContent).events;

  const say = (text, isFault = true) => {
    banner.textContent = text;
    banner.hidden = !text;
    banner.classList.toggle("fault", isFault);
  };

  // --- parts that have changed --------------------------------------------------------------------------------------

  const folds = new Map();

  const fold = (body, open) => {
    body.classList.toggle("open", open);
    const button = body.querySelector("button.fold");
    if (button) button.setAttribute("aria-expanded", String(open));
  };

  addEventListener("click", (event) => {
    const button = event.target.closest("button.fold");
    if (!button) return;
    const body = button.closest("tbody");
    folds.set(body.id, !body.classList.contains("open"));
    fold(body, folds.get(body.id));
  });

  const element = (part) => {
    const made = document.createElement(part.tag);
    made.id = part.id;
    made.className = part.style;
    made.dataset.digest = part.digest;
    made.innerHTML = part.html;
    if (folds.has(part.id)) fold(made, folds.get(part.id));
    return made;
  };

  // What has the focus keeps it, if the new part has the same link or button.
  const replace = (old, made) => {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const open = [...old.querySelectorAll("details")].map((one) => one.open);
    old.replaceWith(made);
    made.querySelectorAll("details").forEach((one, at) => { if (at in open) one.open = open[at]; });
    if (!focused) return;
    const alike = [...made.querySelectorAll(focused.localName)].find((one) =>
      one.getAttribute("href") === focused.getAttribute("href"));
    if (alike) alike.focus({ preventScroll: true });
  };

  const apply = ({ order, parts }) => {
    for (const part of parts) {
      const old = byId(part.id);
      if (old && old.dataset.digest !== part.digest) replace(old, element(part));
    }
    const fresh = new Map(parts.map((part) => [part.id, part]));
    for (const [name, ids] of Object.entries(order)) {
      const container = byId(name);
      // A table that the page did not have when it was loaded.
      if (!container) {
        if (ids.length) location.reload();
        continue;
      }
      const wanted = new Set(ids);
      [...container.children].forEach((one) => { if (!wanted.has(one.id)) one.remove(); });
      ids.forEach((id, at) => {
        const one = byId(id) || (fresh.has(id) ? element(fresh.get(id)) : null);
        if (one && container.children[at] !== one) container.insertBefore(one, container.children[at] || null);
      });
    }
  };

  // --- a log --------------------------------------------------------------------------------------------------------

  const log = byId("log");
  const MOST = 400_000;

  let waiting = "";
  let isNew = false;
  let length = 0;

  // All that came since the last picture is shown at once, and of very much only the end.
  const show = () => {
    const follows = isNew || log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    if (isNew || waiting.length >= MOST) {
      log.textContent = "";
      length = 0;
    }
    if (waiting) log.hidden = false;
    if (waiting && byId("why")) byId("why").remove();
    log.append(waiting);
    length += waiting.length;
    while (length > MOST && log.childNodes.length > 1) {
      length -= log.firstChild.length;
      log.firstChild.remove();
    }
    waiting = "";
    isNew = false;
    if (follows) log.scrollTop = log.scrollHeight;
  };

  const append = ({ text, is_first: isFirst }) => {
    if (!waiting && !isNew) requestAnimationFrame(show);
    isNew = isNew || isFirst;
    waiting = (isFirst ? text : waiting + text).slice(-MOST);
  };

  // --- events -------------------------------------------------------------------------------------------------------

  let source = null;
  let hasEnded = false;

  const stop = () => {
    if (source) source.close();
    source = null;
  };

  const start = () => {
    if (source || hasEnded) return;
    source = new EventSource(address);
    source.addEventListener("parts", (event) => { say(""); apply(JSON.parse(event.data)); });
    source.addEventListener("text", (event) => { say(""); append(JSON.parse(event.data)); });
    source.addEventListener("lost", (event) => say(JSON.parse(event.data)));
    source.addEventListener("turn", () => {
      stop();
      setTimeout(() => { if (!document.hidden) start(); }, 1000);
    });
    source.addEventListener("end", () => {
      if (waiting || isNew) show();
      hasEnded = true;
      stop();
      const follows = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      byId("follows").textContent = "The job has ended; these are its last lines.";
      say("The job has ended.", false);
      if (follows) log.scrollTop = log.scrollHeight;
    });
    source.onerror = () => {
      say("The server does not answer. This page goes on when it is back.");
      // After an answer that is no stream of events, the browser does not ask again by itself.
      if (source && source.readyState === EventSource.CLOSED) {
        stop();
        setTimeout(() => { if (!document.hidden) start(); }, 3000);
      }
    };
  };

  // A browser opens few connections to a server: a page that nobody sees needs none.
  document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); else start(); });
  addEventListener("pagehide", stop);
  addEventListener("pageshow", start);
  start();
})();
