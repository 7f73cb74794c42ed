// Buttons that copy, SQL texts that are loaded when they are opened, plans that are asked for.
// One listener for all: the debug toolbar keeps its panels in a shadow root, so the element
// that was clicked is looked up in the event's path.

const told = new WeakMap();

function tell(button, text) {
    if (!told.has(button)) {
        told.set(button, button.innerHTML);
        setTimeout(() => {
            button.innerHTML = told.get(button);
            told.delete(button);
        }, 1500);
    }
    button.textContent = text;
}

async function copy(button) {
    const text = button.dataset.qaCopy;
    try {
        await navigator.clipboard.writeText(text);
        tell(button, "Copied");
    } catch {
        // Without HTTPS there is no clipboard: the old way needs a field.
        const field = document.createElement("textarea");
        field.value = text;
        button.parentNode.append(field);
        field.select();
        tell(button, document.execCommand("copy") ? "Copied" : "Press Ctrl+C");
        field.remove();
        button.focus();
    }
}

async function load(address, target) {
    target.setAttribute("aria-busy", "true");
    try {
        const response = await fetch(address, { headers: { Accept: "text/html" } });
        if (!response.ok) {
            throw new Error(`${response.status} ${response.statusText}`);
        }
        target.innerHTML = await response.text();
    } catch (error) {
        target.textContent = `It could not be loaded: ${error.message}`;
    }
    target.removeAttribute("aria-busy");
}

function onClick(event) {
    for (const element of event.composedPath()) {
        if (!(element instanceof HTMLElement)) {
            continue;
        }
        if (element.dataset.qaCopy !== undefined) {
            copy(element);
            return;
        }
        if (element.dataset.qaLoad !== undefined) {
            const target = element.parentNode.querySelector(".qa-loaded");
            if (target.childNodes.length === 0) {
                load(element.dataset.qaLoad, target);
            }
            return;
        }
        if (element.dataset.qaPlan !== undefined) {
            const target = element.closest("p").nextElementSibling;
            load(element.dataset.qaPlan, target);
            return;
        }
    }
}

document.addEventListener("click", onClick);
