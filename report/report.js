"use strict";

// What all interactive parts of the page share, contents that mark the section being read, and printing. Tables, points
// and the calculator have files of their own. The scripts make each control, so that a page without scripts has none.
// They hold no data. They read the page and set text only as text, so no name of a data set can become code.

/** An element with these attributes and children. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** 12,345 */
function grouped(number) {
  return number.toLocaleString("en");
}

function makeButton(label, act) {
  const button = make("button", { type: "button" }, label);
  button.addEventListener("click", act);
  return button;
}

function textOf(element) {
  return element.textContent.trim().replace(/\s+/g, " ");
}

/** Mark the section being read in the contents: the first in the upper part of the window; at the end, the last. */
function startContents() {
  const links = new Map();
  for (const link of document.querySelectorAll('nav[aria-label="Contents"] a[href^="#"]')) {
    const section = document.getElementById(link.hash.slice(1));
    if (section) links.set(section, link);
  }
  const sections = [...links.keys()];
  function mark() {
    const height = document.documentElement.clientHeight;
    const tops = sections.map((section) => section.getBoundingClientRect());
    const atEnd = tops.length > 0 && tops[tops.length - 1].bottom <= height;
    const current = atEnd ? sections.length - 1 : tops.findIndex(({ top, bottom }) => bottom > 0 && top < 0.4 * height);
    links.forEach((link) => link.removeAttribute("aria-current"));
    if (current >= 0) links.get(sections[current]).setAttribute("aria-current", "true");
  }
  for (const rootMargin of ["0px 0px -60% 0px", "0px"]) {
    const observer = new IntersectionObserver(mark, { rootMargin, threshold: [0, 1] });
    sections.forEach((section) => observer.observe(section));
  }
}

/** Folded sentences are printed: a sheet of paper cannot be unfolded. */
function startPrinting() {
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll(":is(.printed, .folded):not([open])")];
    folded.forEach((details) => (details.open = true));
  });
  window.addEventListener("afterprint", () => folded.forEach((details) => (details.open = false)));
}

startContents();
startPrinting();
