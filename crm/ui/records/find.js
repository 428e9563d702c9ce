// In Find the arrows walk from the line through what was found, and Enter in the line opens the first of it. Answers come
// a moment after the last letter, on a busy server a long one, so Enter waits for those to what stands there.
export default function ({ parentElement, data }) {
  const root = parentElement.getRootNode()
  const dialog = (root instanceof ShadowRoot ? root.host : parentElement).closest('[role="dialog"]')
  if (!dialog) return
  dialog.rapportAnswered = data.text
  if (dialog.rapportWalks) return
  dialog.rapportWalks = true
  let timer = null
  const found = () => [...dialog.querySelectorAll("a[data-testid=stPageLink-NavLink], [class*=st-key-frame_begin_] button")]
  const first = () => {
    const isAnswered = dialog.rapportAnswered === dialog.querySelector("input")?.value
    const isWhole = isAnswered && document.querySelector('[data-test-script-state="notRunning"]')
    if (isWhole) found()[0]?.click()
    else if (dialog.isConnected) timer = setTimeout(first, 50)
  }
  dialog.addEventListener("input", () => clearTimeout(timer))
  dialog.addEventListener("keydown", event => {
    const line = dialog.querySelector("input"), places = [line, ...found()]
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) {
      const here = places.indexOf(document.activeElement)
      places[Math.max(0, Math.min(places.length - 1, here + step))]?.focus()
      event.preventDefault()
    } else if (event.key === "Enter" && event.target === line && line.value.trim()) {
      clearTimeout(timer)
      first()
    }
  })
}
