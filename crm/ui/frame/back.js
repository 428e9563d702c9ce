// Streamlit pushes two entries into the history for each change of page: the old path with the new query, then the new
// page. One step back would land on the old page without its filters. Here the first is held until it is clear whether a
// page follows; then only the page is kept, and the entry before it stays as it was.
const FOLLOWS = 1000

function keepBack() {
  if (window.rapportKeepsBack) return
  window.rapportKeepsBack = true
  const push = history.pushState.bind(history), replace = history.replaceState.bind(history)
  let before = null, timer
  const settle = () => {
    const now = { href: location.href, state: history.state }
    replace(before.state, "", before.href)
    before = null
    push(now.state, "", now.href)
  }
  history.pushState = (state, title, url) => {
    clearTimeout(timer)
    if (url && new URL(url, location.href).pathname === location.pathname) {
      before ??= { href: location.href, state: history.state }
      replace(state, title, url)
      timer = setTimeout(settle, FOLLOWS)
      return
    }
    if (before) replace(before.state, "", before.href)
    before = null
    push(state, title, url)
  }
  addEventListener("popstate", () => { clearTimeout(timer); before = null })
}
