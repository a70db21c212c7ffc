"""A headless Chromium, spoken to in its own protocol: what tools/screenshots.py looks through.

Odoo's browser for tests starts at one size, and knows a page only by the code that it runs there.
"""

import base64
import json
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import requests
import websocket

#: Seconds to wait for what a page should show. The first page also waits for its style sheets.
PATIENCE = 120
#: What is on the page: an element that can be seen, with a text in it where one is asked for.
FIND = """
window.findOne = (selector, text = "") => [...document.querySelectorAll(selector)].find(
    (element) => element.checkVisibility() && element.textContent.includes(text)
);
"""
#: True when nothing is loading any more.
SETTLED = """
document.readyState === "complete"
    && !document.querySelector(".o_loading_indicator, .o_blockUI, .o_view_nocontent_loading")
    && [...document.images].every((image) => image.complete || image.loading === "lazy")
    && document.fonts.status === "loaded"
"""


def _lift_limit():
    """Odoo limits the memory that a process may address, and Chromium addresses a lot."""
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class PageError(Exception):
    """The page did not do what was expected of it."""


class Browser:
    """One window. Use as a context manager: leaving it ends Chromium."""

    def __init__(self, url, language):
        """Start Chromium.

        :param str url: address of the server, without a path
        :param str language: code of what the browser asks pages for, as `it`
        """
        self.url = url
        self.folder = Path(tempfile.mkdtemp(suffix="_chromium"))
        self.process = subprocess.Popen(
            [
                shutil.which("chromium") or shutil.which("google-chrome") or "chromium",
                "--headless",
                "--no-sandbox",  # root has none, and what it opens is our own server
                "--no-first-run",
                "--disable-gpu",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--remote-debugging-port=0",
                f"--user-data-dir={self.folder}",
                f"--lang={language}",
                f"--accept-lang={language}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_lift_limit,
        )
        self.number = 0
        self.socket = websocket.create_connection(
            self._find_page(), suppress_origin=True, timeout=PATIENCE
        )
        self.send("Page.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.socket.close()
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _find_page(self):
        """Return the address of the window's socket, once Chromium has written its port."""
        port = self.folder / "DevToolsActivePort"
        while self.process.poll() is None:
            if port.exists() and (number := port.read_text().partition("\n")[0]):
                pages = requests.get(f"http://127.0.0.1:{number}/json/list", timeout=30).json()
                return next(p["webSocketDebuggerUrl"] for p in pages if p["type"] == "page")
            time.sleep(0.1)
        raise PageError("Chromium did not start: is it installed?")

    def send(self, method, **parameters):
        """Call a method of Chromium's protocol and return its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        self.socket.send(json.dumps(message))
        while (answer := json.loads(self.socket.recv())).get("id") != self.number:
            pass  # an event
        if "error" in answer:
            raise PageError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def run(self, script):
        """Return what a JavaScript expression, or its promise, gives."""
        answer = self.send(
            "Runtime.evaluate",
            expression=FIND + script,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageError(details.get("exception", details).get("description", str(details)))
        return answer["result"].get("value")

    def wait(self, script, what=""):
        """Wait until an expression holds on this page or on one that takes its place."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if self.run(script):
                    return
            except PageError:
                pass  # the page is being replaced
            time.sleep(0.1)
        raise PageError(f"not on {self.run('location.href')}: {what or script}")

    def see(self, selector, text=""):
        """Wait until an element can be seen, with a text in it."""
        found = f"!!findOne({json.dumps(selector)}, {json.dumps(text)})"
        self.wait(found, f"{selector} {text}")

    def click(self, selector, text=""):
        """Wait for an element and click on it."""
        self.see(selector, text)
        self.settle()
        self.run(f"findOne({json.dumps(selector)}, {json.dumps(text)}).click()")

    def settle(self):
        """Wait until the page has loaded and stands still."""
        self.wait(SETTLED)
        time.sleep(0.7)  # what moves has arrived
        self.wait(SETTLED)

    def open(self, path, selector="body"):
        """Open a page of the server and wait for an element of it."""
        self.run("window.beforePictures = true")
        self.send("Page.navigate", url=f"{self.url}{path}")
        self.wait("!window.beforePictures")
        self.see(selector)
        self.settle()

    def show(self, html):
        """Show a document that no page has, such as an e-mail, as if it were of the server."""
        frame = self.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        self.send("Page.setDocumentContent", frameId=frame, html=html)
        self.settle()

    def log_in(self, login, password):
        """Log in as another user."""
        self.send("Network.clearBrowserCookies")
        self.open("/web/login", "form.oe_login_form")
        values = {"[name=login]": login, "[name=password]": password}
        for selector, value in values.items():
            self.run(f"document.querySelector('{selector}').value = {json.dumps(value)}")
        self.run("window.beforePictures = true; document.querySelector('.oe_login_form').submit()")
        self.wait("!window.beforePictures")
        self.settle()

    def resize(self, width, height, phone=False):
        """Set the size of the window in points; a phone has two pixels to each."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        self.send("Emulation.setTouchEmulationEnabled", enabled=phone)

    def take(self, height=None):
        """Return the PNG of the window, of its upper part if a height is given."""
        self.settle()
        parameters = {"format": "png"}
        if height:
            width = self.run("window.innerWidth")
            clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
            parameters["clip"] = clip
        return base64.b64decode(self.send("Page.captureScreenshot", **parameters)["data"])

    def fetch(self, path):
        """Return the bytes of a file of the server, as the user who is logged in."""
        script = """(async () => {
            const response = await fetch(%s);
            const bytes = new Uint8Array(await response.arrayBuffer());
            return [response.status, btoa(bytes.reduce((t, b) => t + String.fromCharCode(b), ""))];
        })()"""
        status, content = self.run(script % json.dumps(path))
        if status != 200:
            raise PageError(f"{path}: {status}")
        return base64.b64decode(content)
