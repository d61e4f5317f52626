"use strict";
// The page works without this script. It sends no form twice, and it shows news without being asked.
const every = 1000;

for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });
}

// A page that the browser kept shows what was, and its forms were sent.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

async function look() {
  try {
    const answer = await fetch("standing.json");
    const { standing } = await answer.json();
    if (standing !== main.dataset.standing) return location.reload();
  } catch {
    // The shop cannot be reached. The next look may reach it.
  }
  setTimeout(look, every);
}

const main = document.querySelector("main");
if ("waits" in main.dataset) setTimeout(look, every);
