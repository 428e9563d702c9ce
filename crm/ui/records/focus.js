// Puts the cursor into the first field of the dialog around it, once, so that typing can begin at once.
export default function ({ parentElement }) {
  const root = parentElement.getRootNode()
  const place = root instanceof ShadowRoot ? root.host : parentElement
  const timer = setTimeout(() => place.closest('[role="dialog"]')?.querySelector("input")?.focus(), 60)
  return () => clearTimeout(timer)
}
