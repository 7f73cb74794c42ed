// Keys, and the word that newer requests have come. The list never changes under its reader:
// what is newer is counted, and shown when the reader asks for it.

const POLL_MS = 5000;

function rows() {
    return [...document.querySelectorAll("[data-qa-row], .qa-shape > summary")];
}

function move(step) {
    const all = rows();
    if (all.length === 0) {
        return;
    }
    const at = all.indexOf(document.activeElement);
    const next = at === -1 ? (step > 0 ? 0 : all.length - 1) : at + step;
    all[Math.min(all.length - 1, Math.max(0, next))].focus();
}

function help() {
    const dialog = document.querySelector(".qa-keys");
    if (!dialog.open) {
        dialog.showModal();
    }
}

function isTyping(element) {
    return element.matches("input:not([type=checkbox]), select, textarea");
}

// Up one level: out of a field, from a filtered list to the whole one, from a page to its list.
function leave() {
    if (isTyping(document.activeElement)) {
        document.activeElement.blur();
        return;
    }
    const up = new URL(document.querySelector("main").dataset.qaUp, location.href);
    if (up.pathname + up.search !== location.pathname + location.search) {
        location.assign(up);
    } else {
        document.querySelector("[data-qa-filter]")?.form.reset();
    }
}

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) {
        return;
    }
    if (document.querySelector(".qa-keys").open) {
        return; // the dialog closes by itself on Esc
    }
    if (isTyping(event.target) && event.key !== "Escape") {
        return;
    }
    const action = {
        Escape: leave,
        j: () => move(1),
        k: () => move(-1),
        "/": () => document.querySelector("[data-qa-filter]")?.focus(),
        "?": help,
    }[event.key];
    if (action) {
        event.preventDefault();
        action();
    }
});

document.querySelector("[data-qa-help]").addEventListener("click", help);

const told = document.querySelector("[data-qa-newer]");
const pause = document.querySelector("[data-qa-pause]");

async function look() {
    if (document.hidden || pause.checked) {
        return;
    }
    const address = new URL(location.href);
    address.searchParams.set("format", "json");
    address.searchParams.set("after", document.querySelector("main").dataset.qaNewest);
    address.searchParams.set("only", "newer");
    try {
        const { newer } = await (await fetch(address)).json();
        if (newer > 0 && told.dataset.newer !== String(newer)) {
            told.dataset.newer = newer;
            const link = document.createElement("a");
            link.href = location.pathname + location.search;
            link.textContent = `${newer} newer request${newer === 1 ? "" : "s"}: show`;
            told.replaceChildren(link);
        }
    } catch {
        // The server is restarting; it is asked again.
    }
}

if (told) {
    pause.parentNode.hidden = false;
    setInterval(look, POLL_MS);
}
