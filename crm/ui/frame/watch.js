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

export default function ({ data }) {
  keepBack()
  base = data.base
  if (data.leave) {
    leave()
    return
  }
  clearInterval(timer)
  timer = setInterval(look, EVERY)
  document.removeEventListener("visibilitychange", look)
  document.addEventListener("visibilitychange", look)
}
