// R puts the cursor into the answer of the case that is read; on a phone, where the case stands below the list, a case
// that was just opened comes into view. J and K are shortcuts of their buttons.
let shown = 0

export default function ({ data }) {
  const key = event => {
    if (event.key.toLowerCase() !== "r" || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.composedPath()[0].matches?.("input, textarea, select, [contenteditable]")) return
    const answer = document.querySelector(".st-key-case_box textarea")
    if (!answer) return
    event.preventDefault()
    event.stopImmediatePropagation()
    answer.focus()
    answer.scrollIntoView({ block: "center" })
  }
  document.addEventListener("keydown", key, true)
  if (data.case !== shown && data.case && innerWidth < 700)
    setTimeout(() => document.querySelector(".st-key-queue_case")?.scrollIntoView({ behavior: "smooth" }), 300)
  shown = data.case
  return () => document.removeEventListener("keydown", key, true)
}
