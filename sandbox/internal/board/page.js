"use strict";
// It keeps the start page up to date. Texts come from orders, so they are only ever set as text.
const every = 1000;

function cell(row, name, text) {
  const td = row.insertCell();
  td.className = name;
  td.textContent = text;
  return td;
}

function show(state) {
  for (const [id, count] of Object.entries(state)) {
    const place = document.getElementById(id);
    if (place && typeof count === "number") place.textContent = count;
  }
  if (state.latest.length === 0) return;
  const rows = document.createElement("tbody");
  rows.id = "latest";
  for (const order of state.latest) {
    const row = rows.insertRow();
    const name = cell(row, "", order.path ? "" : order.name);
    if (order.path) {
      const link = document.createElement("a");
      link.href = order.path;
      link.textContent = order.name;
      name.append(link);
    }
    cell(row, "wide", order.kind);
    cell(row, "wide", order.cards);
    cell(row, order.state, order.text);
  }
  document.getElementById("latest").replaceWith(rows);
}

async function look() {
  const age = document.getElementById("age");
  try {
    const answer = await fetch("status.json");
    if (!answer.ok) throw new Error(answer.statusText);
    show(await answer.json());
    age.textContent = "The counts are live.";
  } catch {
    age.textContent = "The sandbox has ended; these were its last counts.";
  }
  setTimeout(look, every);
}

look();
