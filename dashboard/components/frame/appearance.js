// Light or dark as a visitor chooses, else as their system is set. Streamlit keeps the choice by path, and reads it when a page is loaded.
const KEPT = "appearance";
const CHOICES = ["System", "Light", "Dark"];

const choose = (choice, pages) => {
  const base = location.pathname.replace(/[^/]*$/, "");
  localStorage.setItem(KEPT, choice);
  for (const page of ["", ...pages]) localStorage.setItem(`stActiveTheme-${base}${page}-v2`, JSON.stringify(choice));
  location.reload();
};

export default function ({ data, parentElement }) {
  const now = localStorage.getItem(KEPT) ?? CHOICES[0];
  const group = document.createElement("div");
  group.className = "appearance";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", data.words.title);
  for (const choice of CHOICES) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = data.words[choice.toLowerCase()];
    button.setAttribute("aria-pressed", choice === now);
    button.addEventListener("click", () => choose(choice, data.pages));
    group.append(button);
  }
  parentElement.querySelector(".appearance")?.remove();
  parentElement.append(group);
}
