// Notices in an open tab that its session has ended elsewhere, and leads to the sign-in page.
const EVERY = 4000
let timer = null
let base = ""

function leave() {
  const here = location.pathname + location.search
  location.assign(base + "/sign-in" + (here === base + "/" ? "" : "?next=" + encodeURIComponent(here)))
}

async function look() {
  if (document.visibilityState !== "visible") return
  try {
    const answer = await fetch(base + "/auth/me", { credentials: "same-origin", cache: "no-store" })
    if (answer.status === 401) leave()
  } catch {
    // The server is away; Streamlit says so itself, and the next look finds out more.
  }
}

// On a phone the menu lies over the page; whoever chose a screen wants to see it.
function foldMenu(event) {
  if (innerWidth < 768 && event.target.closest?.(".stSidebar [data-testid=stPageLink-NavLink]"))
    document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click()
}

export default function ({ data }) {
  keepBack()
  base = data.base
  places = data.places
  if (data.leave) {
    leave()
    return
  }
  keepNumbers(data.thousands)
  clearInterval(timer)
  timer = setInterval(look, EVERY)
  document.removeEventListener("visibilitychange", look)
  document.addEventListener("visibilitychange", look)
  document.removeEventListener("keydown", keyed, true)
  document.addEventListener("keydown", keyed, true)
  document.removeEventListener("click", foldMenu)
  document.addEventListener("click", foldMenu)
}
