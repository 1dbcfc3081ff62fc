"""Install what the browser tests need, where that is possible: a Chromium and a Japanese font. Says in one line what is missing."""

import os
import shutil
import subprocess
import sys

from server import chromium


def main() -> None:
    missing = [
        package for package, there in (("chromium", chromium()), ("fonts-noto-cjk", _has_japanese_font())) if not there
    ]
    if missing and shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        print(f"installing {' and '.join(missing)} for the browser tests", flush=True)
        subprocess.run(["apt-get", "update", "-qq"])
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], stdout=subprocess.DEVNULL
        )
    if not chromium() and not _playwright_has_one():
        print("installing Playwright's Chromium for the browser tests", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])
    if not chromium() and not _playwright_has_one():
        print("The browser tests will be skipped: install Chromium (Debian: apt-get install chromium).")
    if not _has_japanese_font():
        print(
            "Japanese will look wrong in screenshots: install a Japanese font (Debian: apt-get install fonts-noto-cjk)."
        )


def _has_japanese_font() -> bool:
    if not shutil.which("fc-list"):
        return sys.platform in ("darwin", "win32")
    return bool(subprocess.run(["fc-list", ":lang=ja"], capture_output=True, text=True).stdout.strip())


def _playwright_has_one() -> bool:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return os.path.exists(playwright.chromium.executable_path)


if __name__ == "__main__":
    main()
