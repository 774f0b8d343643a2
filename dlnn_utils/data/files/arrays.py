"""Tables of numbers from Excel, NumPy, MATLAB and HDF5 files."""

from pathlib import Path

import numpy as np


def excel(path: Path):
    """Return the cells of the first sheet as texts, by line."""
    import pandas as pd

    try:
        cells = pd.read_excel(path, header=None, dtype=str).fillna("")
    except ImportError:
        raise ValueError(f"{path}: Excel files need a library; pip install openpyxl") from None
    except (ValueError, OSError, KeyError) as e:
        raise ValueError(f"{path}: it must be an Excel file; {str(e).splitlines()[0]}") from None
    cells.index += 1
    return cells[(cells != "").any(axis=1)]


def cells(path: Path, kind: str):
    """Return named arrays as a table: (T,) as one column, (T, n) as n, (T, B, n) by trajectory."""
    import pandas as pd

    arrays = {name: np.squeeze(a) for name, a in named(path, kind).items()}
    arrays = {n: a for n, a in arrays.items() if a.dtype.kind in "fiu" and 1 <= a.ndim <= 3}
    T = max((a.shape[0] for a in arrays.values()), default=0)
    columns, deep = {}, {n: a for n, a in arrays.items() if a.ndim == 3 and len(a) == T}
    B = max((a.shape[1] for a in deep.values()), default=1)
    for name, a in arrays.items():
        if len(a) != T:
            continue
        if name in deep:
            columns |= {f"{name}{k + 1}": a[:, :, k].T.ravel() for k in range(a.shape[2])}
        elif a.ndim == 2:
            columns |= {f"{name}{k + 1}": np.tile(a[:, k], B) for k in range(a.shape[1])}
        else:
            columns[name] = np.tile(a, B)
    if len(columns) < 2:
        raise ValueError(f"{path}: it must hold t (T,) and q (T, n); got {sorted(arrays)}")
    if B > 1:
        columns["trajectory"] = np.repeat(np.arange(1, B + 1), T)
    table = pd.DataFrame(columns)
    header = pd.DataFrame([list(table.columns)], columns=table.columns)
    both = pd.concat([header, table.astype(object)], ignore_index=True)
    both.columns = range(len(columns))
    both.index += 1
    return both


def named(path: Path, kind: str) -> dict[str, np.ndarray]:
    """Return the arrays of an NPZ, MAT or HDF5 file by name."""
    try:
        if kind == ".npz":
            with np.load(path, allow_pickle=False) as file:
                return dict(file)
        if kind == ".mat":
            from scipy.io import loadmat

            return {k: v for k, v in loadmat(path).items() if isinstance(v, np.ndarray)}
        import h5py

        with h5py.File(path) as file:
            return {k: np.asarray(v) for k, v in file.items() if isinstance(v, h5py.Dataset)}
    except ImportError:
        raise ValueError(f"{path}: HDF5 files need a library; pip install h5py") from None
    except NotImplementedError:
        raise ValueError(f"{path}: it is MATLAB's 7.3 format; save it with -v7") from None
    except (ValueError, OSError, EOFError):
        raise ValueError(f"{path}: it cannot be read as arrays of numbers") from None
