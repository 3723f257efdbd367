"use strict";

// Points of a figure that show their values: the Tab key stops once per figure, arrow keys move from point to point.

const tooltip = make("div", { class: "tooltip", role: "tooltip", "aria-hidden": "true", hidden: "" });
let toldPoint = null;

function pointOf(element) {
  return element?.closest(".point");
}

/** Give a point its name instead of the browser's slow tooltip. Tab stops only at the first point of a figure. */
function namePoint(point, index) {
  const title = point.querySelector("title");
  point.dataset.text = title.textContent.trim();
  point.setAttribute("role", "img");
  point.setAttribute("aria-label", point.dataset.text.replace(/\s*\n\s*/g, ": "));
  point.setAttribute("tabindex", index ? "-1" : "0");
  title.remove();
}

function neighbours(point) {
  return [...point.closest(".points").querySelectorAll(".point")];
}

function movePoint(event) {
  const points = neighbours(event.target);
  const here = points.indexOf(event.target);
  const last = points.length - 1;
  const targets = { ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1, Home: 0, End: last };
  if (!(event.key in targets) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault(); // else the figure scrolls
  points[Math.min(Math.max(targets[event.key], 0), last)].focus();
}

/** Let Tab come back to the point that had the focus. */
function keepStop(point) {
  for (const each of neighbours(point)) each.setAttribute("tabindex", each === point ? "0" : "-1");
}

/** Show a point's text beside it; without a point, show nothing. */
function tell(point) {
  if (!point) return hush();
  toldPoint = point;
  tooltip.textContent = point.dataset.text;
  tooltip.hidden = false;
  moveTooltip();
}

function hush() {
  toldPoint = null;
  tooltip.hidden = true;
}

/** Move the tooltip above the point, or below it if there is no room above; always inside the window. */
function moveTooltip() {
  if (!toldPoint) return;
  const [point, tip] = [toldPoint.getBoundingClientRect(), tooltip.getBoundingClientRect()];
  const rightmost = document.documentElement.clientWidth - tip.width - 8;
  const left = Math.max(8, Math.min(point.left + point.width / 2 - tip.width / 2, rightmost));
  const top = point.top - tip.height - 4 >= 8 ? point.top - tip.height - 4 : point.bottom + 4;
  Object.assign(tooltip.style, { left: `${left}px`, top: `${top}px` });
}

/** Listen on the document: if a part of an SVG listened for the focus, browsers would let Tab stop at it. */
function startPoints() {
  document.body.append(tooltip);
  for (const group of document.querySelectorAll("svg .points")) group.querySelectorAll(".point").forEach(namePoint);
  document.addEventListener("focusin", ({ target }) => {
    if (pointOf(target)) keepStop(target);
    tell(pointOf(target));
  });
  document.addEventListener("focusout", hush);
  document.addEventListener("pointerover", ({ target }) => tell(pointOf(target) ?? pointOf(document.activeElement)));
  document.addEventListener("click", ({ target }) => pointOf(target)?.focus({ preventScroll: true })); // also a tap
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hush();
    else if (pointOf(event.target)) movePoint(event);
  });
  document.addEventListener("scroll", moveTooltip, { capture: true, passive: true });
  window.addEventListener("resize", moveTooltip);
}

startPoints();
