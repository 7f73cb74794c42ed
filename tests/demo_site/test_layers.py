import ast
from pathlib import Path

import pytest
import shop

ROOT = Path(shop.__file__).parent
LAYERS = {"views", "procedures", "services", "providers", "models", "items"}

# What a layer may use of the others, besides itself.
ALLOWED = {
    "views": {"procedures"},
    "procedures": {"services", "providers"},
    "services": set[str](),
    "providers": {"models", "items"},
    "models": set[str](),
    "items": set[str](),  # the models of DynamoDB
    "management": {"procedures"},
}


def read_layers_imported_by(path: Path) -> set[str]:
    names = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    parts = [name.split(".") for name in names]
    return {part[1] for part in parts if part[0] == "shop" and len(part) > 1} & LAYERS


@pytest.mark.parametrize("layer", ALLOWED)
def test_layer_imports_only_what_stands_below(layer: str) -> None:
    files = [*ROOT.glob(f"{layer}.py"), *ROOT.glob(f"{layer}/**/*.py")]
    assert files
    for path in files:
        assert read_layers_imported_by(path) <= ALLOWED[layer] | {layer}, path


@pytest.mark.parametrize(("models", "door"), [("models", "admin.py"), ("items", "apps.py")])
def test_only_providers_and_one_door_import_models(models: str, door: str) -> None:
    files = [path for path in ROOT.rglob("*.py") if models in read_layers_imported_by(path)]
    assert files
    assert {path.parent for path in files if path != ROOT / door} == {ROOT / "providers"}
