// Puts the cursor into the first field of the dialog around it, once, so that typing can begin at once. Fields come one by
// one and the dialog takes the focus for itself, so it is asked again until it stays there or somebody is in another field.
export default function ({ parentElement }) {
  const root = parentElement.getRootNode()
  const place = root instanceof ShadowRoot ? root.host : parentElement
  let held = 0, left = 300
  const timer = setInterval(() => {
    const dialog = place.closest('[role="dialog"]'), now = document.activeElement
    const first = dialog?.querySelector("[data-testid=stSkeleton]") ? null : dialog?.querySelector("input")
    const elsewhere = now !== first && dialog?.contains(now) && now.matches("input, textarea, [contenteditable]")
    if (first && now === first) held += 1
    else if (first && !elsewhere) first.focus()
    if (held > 4 || elsewhere || left-- < 0) clearInterval(timer)
  }, 60)
  return () => clearInterval(timer)
}
