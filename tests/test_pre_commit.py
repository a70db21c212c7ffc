import json
from pathlib import Path

import yaml

from odoo.tests import BaseCase, tagged

ROOT = Path(__file__).resolve().parent.parent


@tagged("post_install", "-at_install")
class TestPreCommit(BaseCase):
    """Git, editors and CI check with the versions that ./dev lint has."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
        cls.hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]

    def _get_pinned(self, language):
        hooks = [hook for hook in self.hooks if hook["language"] == language]
        self.assertTrue(hooks)
        for hook in hooks:
            self.assertTrue(hook["additional_dependencies"], hook["id"])
        return {one for hook in hooks for one in hook["additional_dependencies"]}

    def test_python_tools(self):
        lines = set((ROOT / "requirements-dev.txt").read_text().splitlines())
        self.assertFalse(self._get_pinned("python") - lines)

    def test_node_tools(self):
        package = json.loads((ROOT / "package.json").read_text())
        pinned = {f"{name}@{version}" for name, version in package["devDependencies"].items()}
        self.assertFalse(self._get_pinned("node") - pinned)
