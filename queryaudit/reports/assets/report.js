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
    // What is to be copied stands in the button, or before it.
    const text = button.dataset.qaCopy || button.previousElementSibling.textContent;
    try {
        await navigator.clipboard.writeText(text);
        tell(button, "Copied");
    } catch {
        // Without HTTPS there is no clipboard: the old way needs a field.
        const field = document.createElement("textarea");
        field.className = "qa-hidden";
        field.value = text;
        button.parentNode.append(field);
        field.select();
        tell(button, document.execCommand("copy") ? "Copied" : "Press Ctrl+C");
        field.remove();
        button.focus();
    }
}

// Puts what the link leads to into `target`; where that fails, the link is still there.
async function load(link, target) {
    if (target.getAttribute("aria-busy")) {
        return;
    }
    target.setAttribute("aria-busy", "true");
    try {
        const response = await fetch(link.href, { headers: { Accept: "text/html" } });
        if (!response.ok) {
            throw new Error(`${response.status} ${response.statusText}`);
        }
        target.innerHTML = await response.text();
    } catch (error) {
        const words = document.createElement("p");
        words.setAttribute("role", "alert");
        words.textContent = `It could not be loaded: ${error.message}`;
        target.querySelector(":scope > [role=alert]")?.remove();
        target.append(words);
    }
    target.removeAttribute("aria-busy");
}

function onClick(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) {
        return; // a link is to be opened elsewhere
    }
    for (const element of event.composedPath()) {
        if (!(element instanceof HTMLElement)) {
            continue;
        }
        const { qaCopy, qaSql, qaPlan } = element.dataset;
        if (qaCopy !== undefined) {
            copy(element);
        } else if (qaSql !== undefined) {
            event.preventDefault();
            load(element, element.parentNode);
        } else if (qaPlan !== undefined) {
            event.preventDefault();
            load(element, element.parentNode.nextElementSibling);
        } else if (element.matches(".qa-shape > summary")) {
            const link = element.parentNode.querySelector("[data-qa-sql]");
            if (link) {
                load(link, link.parentNode);
            }
        } else {
            continue;
        }
        return;
    }
}

document.addEventListener("click", onClick);
