"""Make this checkout importable in .venv and install its command.

An editable install would need a build backend from an index; two small files do
the same without one.
"""

import sys
import sysconfig
from pathlib import Path

checkout = Path(__file__).resolve().parent.parent
packages = Path(sysconfig.get_paths()["purelib"])
(packages / "sprechstunde-checkout.pth").write_text(f"{checkout}\n")
command = Path(sys.executable).parent / "sprechstunde"
command.write_text(
    f"#!{sys.executable}\nimport sys\n\nfrom portal.cli import main\n\nsys.exit(main())\n"
)
command.chmod(0o755)
