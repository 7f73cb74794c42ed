// Keys, and the word that newer requests have come. The list never changes under its reader:
// what is newer is counted, and shown when the reader asks for it.

const POLL_MS = 5000;

function rows() {
    return [...document.querySelectorAll("[data-qa-row]")];
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

// Up one level: from a request to all, from a filtered list to the whole one.
function leave() {
    const field = document.querySelector("[data-qa-filter]");
    if (document.activeElement !== document.body && document.activeElement !== field) {
        document.activeElement.blur();
        return;
    }
    if (field?.value && field.type === "search") {
        field.value = "";
        field.form.requestSubmit();
        return;
    }
    const top = document.querySelector(".qa-brand").href;
    if (location.href !== top) {
        location.assign(top);
    }
}

function isTyping(target) {
    return target.matches("input:not([type=checkbox]), select, textarea");
}

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) {
        return;
    }
    if (document.querySelector(".qa-keys").open) {
        return; // the dialog closes by itself on Esc
    }
    if (event.key === "Escape") {
        leave();
        return;
    }
    if (isTyping(event.target)) {
        return;
    }
    const action = {
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
            link.href = location.href;
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
