// The person's hand on the board: pointer, keyboard and menu. It stands before board.js in one module and only asks
// the board to move, open or show more; dragging uses pointer events of its own, because native dragging has no touch.

const HOLD_MS = 220, SLACK = 6, EDGE = 56, SPEED = 14, AFTER_DROP_MS = 50

class Hand {
  constructor(board) {
    this.board = board
    const { root, strip } = board
    this.menu = make("div", "menu", root, { role: "menu", popover: "auto" })
    this.end = new AbortController()
    const on = (target, name, handler, options = {}) =>
      target.addEventListener(name, handler, { signal: this.end.signal, ...options })
    on(root, "click", e => this.click(e), { capture: true })
    on(root, "keydown", e => this.key(e))
    on(root, "focusin", e => this.focused(e))
    on(root, "pointerdown", e => this.press(e))
    on(root, "contextmenu", e => { if (this.held?.touch || this.drag) e.preventDefault() })
    on(root, "touchmove", e => { if (this.drag) e.preventDefault() }, { passive: false })
    on(window, "pointermove", e => this.pull(e))
    on(window, "pointerup", e => this.release(e))
    on(window, "pointercancel", () => this.cancel())
    on(window, "blur", () => this.cancel())
    on(window, "keydown", e => this.escape(e), { capture: true })
    on(window, "scroll", () => this.placeMenu(), { capture: true })
    on(strip, "scroll", () => this.placeMenu())
    on(window, "beforeunload", e => { if (board.pending()) e.preventDefault() })
    on(this.menu, "keydown", e => this.menuKey(e))
    on(this.menu, "beforetoggle", e => { if (e.newState === "closed") this.closed = performance.now() })
  }

  leave() {
    this.end.abort()
    this.stop()
  }

  // ---- pointer

  press(e) {
    const el = e.target.closest(".card")
    if (!el || e.button !== 0 || !e.isPrimary || e.target.closest(".dots, .dismiss")) return
    const id = Number(el.dataset.id), touch = e.pointerType === "touch"
    if (this.board.find(id).card?.fixed) return
    this.held = { id, el, touch, x: e.clientX, y: e.clientY, pointer: e.pointerId }
    if (touch) this.held.timer = setTimeout(() => this.lift(), HOLD_MS)
  }

  pull(e) {
    const held = this.drag ?? this.held
    if (!held || e.pointerId !== held.pointer) return
    const far = Math.hypot(e.clientX - held.x, e.clientY - held.y) > SLACK
    if (!this.drag && far && held.touch) return this.stop() // the finger scrolls
    if (!this.drag && far) this.lift()
    if (!this.drag) return
    this.drag.at = { x: e.clientX, y: e.clientY }
    this.place()
  }

  lift() {
    const { held, board } = this
    const box = held.el.getBoundingClientRect()
    const ghost = held.el.cloneNode(true)
    ghost.classList.add("ghost")
    ghost.removeAttribute("data-id")
    ghost.inert = true
    ghost.popover = "manual" // the top layer is the one place no scrolling box cuts off
    ghost.style.width = `${box.width}px`
    board.root.append(ghost)
    ghost.showPopover()
    const slot = make("li", "slot", null, { "aria-hidden": "true" })
    slot.style.height = `${box.height}px`
    this.drag = { ...held, box, ghost, slot, target: null, at: { x: held.x, y: held.y } }
    this.held = null
    board.root.classList.add("dragging")
    held.el.classList.add("lifted")
    try { board.root.setPointerCapture(held.pointer) } catch { /* the pointer left meanwhile: release follows */ }
    board.say("lifted", { title: board.title(held.id) })
    this.place()
    this.roll()
  }

  place() {
    const { drag, board } = this
    const { x, y } = drag.at
    drag.ghost.style.left = `${drag.box.left + x - drag.x}px`
    drag.ghost.style.top = `${drag.box.top + y - drag.y}px`
    const away = el => {
      const { left, right } = el.getBoundingClientRect()
      return Math.max(left - x, x - right, 0)
    }
    const column = [...board.strip.children].reduce((best, el) => (away(el) < away(best) ? el : best))
    const to = column.dataset.column, { card, column: from } = board.find(drag.id)
    if (!card || (to === from.id && !board.data.reorder)) {
      drag.slot.remove()
      drag.target = null
      return
    }
    const list = column.querySelector(".cards")
    const others = [...list.children].filter(el => el !== drag.el && el !== drag.slot)
    const next = others.find(el => {
      const box = el.getBoundingClientRect()
      return y < box.top + box.height / 2
    })
    drag.target = { to, before: next ? Number(next.dataset.id) : null }
    if (drag.slot.parentNode !== list || drag.slot.nextElementSibling !== (next ?? null)) {
      list.insertBefore(drag.slot, next ?? null)
    }
  }

  // While the pointer rests near an edge, the board rolls sideways and the page up and down.
  roll() {
    if (!this.drag) return
    const { strip, root } = this.board, { x, y } = this.drag.at
    const pace = (at, low, high) =>
      at < low + EDGE ? -SPEED * Math.min(1, (low + EDGE - at) / EDGE)
        : at > high - EDGE ? SPEED * Math.min(1, (at - high + EDGE) / EDGE) : 0
    const box = strip.getBoundingClientRect()
    const page = this.scroller ??= scrollerOf(root.getRootNode().host ?? root)
    const left = strip.scrollLeft, top = page.scrollTop
    strip.scrollLeft += pace(x, Math.max(box.left, 0), Math.min(box.right, innerWidth))
    page.scrollTop += pace(y, Math.max(page.getBoundingClientRect().top, 0), innerHeight)
    if (strip.scrollLeft !== left || page.scrollTop !== top) this.place()
    requestAnimationFrame(() => this.roll())
  }

  release(e) {
    const { drag, held, board } = this
    if ((drag ?? held)?.pointer !== e.pointerId) return
    this.stop()
    if (!drag) return
    this.swallow = true // a click follows the drag and must not open the card
    setTimeout(() => { this.swallow = false }, AFTER_DROP_MS)
    if (drag.target) board.move(drag.id, drag.target.to, drag.target.before)
  }

  cancel() {
    if (this.drag) this.board.say("cancelled", { title: this.board.title(this.drag.id) })
    this.stop()
  }

  escape(e) {
    if (e.key !== "Escape" || !this.drag) return
    e.preventDefault()
    e.stopPropagation()
    this.cancel()
  }

  stop() {
    const { drag, held, board } = this
    clearTimeout(held?.timer)
    this.held = this.drag = null
    if (!drag) return
    drag.ghost.remove()
    drag.slot.remove()
    drag.el.classList.remove("lifted")
    board.root.classList.remove("dragging")
    if (board.waiting) board.take(board.waiting)
  }

  // ---- clicks and keys

  click(e) {
    if (this.swallow) {
      e.preventDefault()
      e.stopPropagation()
      return
    }
    const { board } = this
    const el = e.target.closest(".card"), id = Number(el?.dataset.id)
    if (e.target.closest(".more")) board.showMore(e.target.closest(".column").dataset.column)
    else if (e.target.closest(".dots")) this.openMenu(id)
    else if (e.target.closest(".dismiss")) board.forgive(id)
    else if (el) board.open(id)
  }

  focused(e) {
    const el = e.target.closest(".card")
    if (el) this.board.rove(Number(el.dataset.id))
  }

  key(e) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key]
    const el = e.target.closest(".card")
    if (!step || !el || this.drag || e.altKey || e.metaKey) return
    e.preventDefault()
    const { board } = this, id = Number(el.dataset.id)
    // macOS keeps Ctrl and an arrow to itself, hence Shift too.
    if (e.ctrlKey || e.shiftKey) this.shift(id, ...step)
    else this.walk(id, ...step)
    board.els.get(board.current)?.el.scrollIntoView({ block: "nearest", inline: "nearest" })
  }

  walk(id, across, down) {
    const { board } = this
    const columns = across ? board.columns.filter(column => column.cards.length) : board.columns
    const i = columns.findIndex(column => column.cards.some(card => card.id === id))
    const row = columns[i].cards.findIndex(card => card.id === id)
    const column = columns[i + across] ?? columns[i]
    const next = column.cards[Math.max(0, Math.min(row + down, column.cards.length - 1))]
    board.els.get(next.id).title.focus()
  }

  shift(id, across, down) {
    const { board } = this
    const i = board.columns.findIndex(column => column.cards.some(card => card.id === id))
    const { cards } = board.columns[i]
    const row = cards.findIndex(card => card.id === id)
    if (across) {
      const to = board.columns[i + across]
      if (to) board.move(id, to.id, to.cards[row]?.id ?? null)
    } else if (cards[row + down]) {
      board.move(id, board.columns[i].id, cards[row + (down > 0 ? 2 : -1)]?.id ?? null)
    }
  }

  // ---- menu

  openMenu(id) {
    if (performance.now() - this.closed < 200 && this.menuFor === id) return // the press closed it, the click came
    const { board, menu } = this, { labels } = board.data
    const { card, column } = board.find(id), { dots } = board.els.get(id)
    this.menuFor = id
    menu.replaceChildren()
    menu.setAttribute("aria-label", dots.getAttribute("aria-label"))
    const item = (text, act) => {
      const made = make("button", "item", menu, { role: "menuitem", tabindex: "-1" })
      made.textContent = text
      made.onclick = () => { menu.hidePopover(); act() }
    }
    if (board.data.open) item(labels.open, () => board.open(id))
    const targets = card.fixed ? [] : board.columns.filter(other => other.id !== column.id)
    if (targets.length) make("p", "group", menu, { role: "presentation" }).textContent = labels.move_to
    for (const target of targets) item(target.title, () => board.move(id, target.id))
    if (!menu.querySelector(".item")) return board.say("fixed", card)
    dots.focus({ preventScroll: true })
    menu.showPopover()
    this.placeMenu()
    menu.querySelector(".item").focus({ preventScroll: true })
  }

  placeMenu() {
    const { menu } = this, dots = this.board.els.get(this.menuFor)?.dots
    if (!menu.matches(":popover-open")) return
    if (!dots) return menu.hidePopover()
    const at = dots.getBoundingClientRect(), size = menu.getBoundingClientRect()
    const below = at.bottom + 4 + size.height <= innerHeight
    menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - 4 - size.height)}px`
    menu.style.left = `${Math.max(8, Math.min(at.right - size.width, innerWidth - size.width - 8))}px`
  }

  menuKey(e) {
    e.stopPropagation()
    const items = [...this.menu.querySelectorAll(".item")]
    const i = items.indexOf(e.target)
    const next = { ArrowDown: i + 1, ArrowUp: i - 1, Home: 0, End: -1 }[e.key]
    if (e.key === "Tab") this.menu.hidePopover()
    if (next === undefined) return
    e.preventDefault()
    items.at(next % items.length).focus()
  }
}

function scrollerOf(el) {
  for (let up = el.parentElement; up; up = up.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(up).overflowY) && up.scrollHeight > up.clientHeight) return up
  }
  return document.scrollingElement
}
