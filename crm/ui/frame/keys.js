// Keys that hold on every screen outside of fields: "?" shows the list of keys, "g" and a letter goes to a screen.
const WAIT = 1500
let began = 0
let places = {}

function keyed(event) {
  const at = event.composedPath()[0]
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  // A table that is edited begins with the letter typed over a cell, and an open list looks for it.
  const takes = "input, textarea, select, canvas, [contenteditable], [role=combobox], [role=menu], [role=listbox], [data-testid=stDataFrame]"
  if (at.closest?.(takes) || document.querySelector('[role="dialog"]')) return
  if (event.key === "?") {
    document.querySelector(".st-key-frame_keys button")?.click()
  } else if (event.key === "g") {
    began = Date.now()
  } else if (Date.now() - began < WAIT && places[event.key]) {
    began = 0
    const link = [...document.querySelectorAll(".st-key-frame_menu a")].find(one => new URL(one.href).pathname === places[event.key])
    link?.click()
  } else return
  event.preventDefault()
  event.stopPropagation()
}
