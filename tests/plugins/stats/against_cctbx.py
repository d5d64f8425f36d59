"""Compare our statistics with those of cctbx: real data, data of many space groups, and real models.

    python against_cctbx.py make DIRECTORY        with the Python of ccp4hooks: write the data and our statistics
    python against_cctbx.py compare DIRECTORY     with the Python of cctbx: print a table, exit with 1 on a difference

cctbx and gemmi cannot be imported into the same process, and cctbx-base needs Python 3.11.
"""

import gzip
import json
import sys
from pathlib import Path

GAMMA_CUTS = (1.8, 1.9, 2.0, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 2.8, 3.0, 3.2, 3.5, 4.0)
RNASE_CUTS = (2.5, 2.6, 2.7, 2.8, 3.0, 3.2, 3.5, 4.0)
GROUPS = {
    "P 1": (20, 21, 22, 80, 85, 95),
    "P -1": (20, 22, 24, 80, 85, 95),
    "P 1 1 21": (40, 50, 60, 90, 90, 95),
    "C 1 21 1": (40, 50, 60, 90, 95, 90),
    "A 1 2 1": (40, 50, 60, 90, 95, 90),
    "I 1 2 1": (40, 50, 60, 90, 95, 90),
    "P 1 21/n 1": (20, 24, 28, 90, 97, 90),
    "P 21 21 2": (40, 50, 60, 90, 90, 90),
    "F 2 2 2": (60, 70, 80, 90, 90, 90),
    "P 43 21 2": (60, 60, 90, 90, 90, 90),
    "R 3:H": (60, 60, 80, 90, 90, 120),
    "R 3:R": (50, 50, 50, 80, 80, 80),
    "P 65 2 2": (60, 60, 90, 90, 90, 120),
    "I 2 3": (78, 78, 78, 90, 90, 90),
    "F 4 3 2": (90, 90, 90, 90, 90, 90),
}
MODELS = (
    "chainsaw/test_data/1a80_A.pdb",
    "edstats/test_data/ghcp4i_67_buccaneer_refmac1.pdb",
    "ccp4mg_general/test_data/XYZOUT.pdb",
    "arp_warp_classic/mock_data/PSP/warpNtrace.pdb",
)
TOLERANCES = {"nReflections": 0, "resolutionHigh": 0.001, "completeness": 0.1, "meanOverSigma": 0.1, "wilsonB": 3.0}
TOLERANCES_OF_SHELLS = {"completeness": 0.1, "meanIntensity": 0.1}
TOLERANCES_OF_MODELS = {"nAtoms": 0, "nResidues": 0, "nWaters": 0, "nChains": 0, "meanB": 0.01}


def make(directory):
    """Write MTZ files, and what ccp4hooks says of each, into a directory."""
    import ccp4hooks_model_stats
    from ccp4hooks_reflection_stats import read_shells, read_statistics

    labels = {**real_data(directory), **random_data(directory)}
    found = {name: {"labels": wanted, **read_statistics(directory / name)} for name, wanted in labels.items()}
    for name in labels:
        shells = [(one.low, one.high, one.completeness, one.mean_intensity) for one in read_shells(directory / name)]
        found[name]["shells"] = shells
    wrappers = wrappers_of_ccp4i2()
    for name in MODELS:
        path = directory / Path(name).name
        path.write_bytes((wrappers / name).read_bytes())
        found[path.name] = ccp4hooks_model_stats.read_statistics(path)
    (directory / "ours.json").write_text(json.dumps(found))


def wrappers_of_ccp4i2():
    """Return the directory that has the test data of CCP4i2's tasks."""
    import ccp4i2

    return Path(ccp4i2.__file__).parent / "wrappers"


def real_data(directory):
    """Write measured data at several resolutions, and return the labels of the columns to compare by file name."""
    import gemmi

    wrappers = wrappers_of_ccp4i2()
    gamma = directory / "gamma.mtz"
    gamma.write_bytes(gzip.decompress(Path(__file__).with_name("gamma_native.mtz.gz").read_bytes()))
    rnase = wrappers / "freerflag/test_data/rnase25.mtz"
    merged, unmerged = (wrappers / f"pointless/test_data/brap_pk_6A{name}.mtz" for name in ("_scaled2", ""))
    wanted = [
        (gamma, GAMMA_CUTS, ["Iplus", "SIGIplus", "Iminus", "SIGIminus"]),
        (rnase, RNASE_CUTS, ["FNAT", "SIGFNAT"]),
        (merged, (6.0, 8.0), ["IMEAN", "SIGIMEAN"]),
        (unmerged, (6.0, 8.0), ["I", "SIGI"]),
    ]
    labels = {}
    for source, cut, columns in ((source, cut, columns) for source, cuts, columns in wanted for cut in cuts):
        mtz = gemmi.read_mtz_file(str(source))
        mtz.set_data(mtz.array[mtz.make_1_d2_array() <= cut**-2])
        name = f"{source.stem}_{cut:.1f}.mtz"
        mtz.write_to_file(str(directory / name))
        labels[name] = columns
    return labels


def random_data(directory):
    """Write four fifths of the reflections in many space groups, some with their equivalents, and return the labels."""
    import gemmi
    import numpy as np

    random, labels = np.random.default_rng(4), {}
    for group, parameters in GROUPS.items():
        cell, spacegroup = gemmi.UnitCell(*parameters), gemmi.SpaceGroup(group)
        # Random intensities have no meaningful B, so they end before one is given.
        hkl = gemmi.make_miller_array(cell, spacegroup, 2.8)
        hkl = hkl[random.random(len(hkl)) < 0.8]
        others = list(spacegroup.operations().sym_ops)[1:2]  # none in P 1
        mates = [operation.apply_to_hkl(list(map(int, one))) for one in hkl[::3] for operation in others]
        rows = np.vstack([hkl, np.reshape(mates, (-1, 3)), -hkl[:50], [[0, 0, 0]]])
        mtz = gemmi.Mtz(with_base=True)
        mtz.spacegroup = spacegroup
        mtz.set_cell_for_all(cell)
        mtz.add_column("I", "J", dataset_id=0)
        mtz.add_column("SIGI", "Q", dataset_id=0)
        mtz.set_data(np.column_stack([rows, random.exponential(100, len(rows)), np.full(len(rows), 10)]).astype("f4"))
        name = f"{group.translate(str.maketrans(' :/', '_.n'))}.mtz"
        mtz.write_to_file(str(directory / name))
        labels[name] = ["I", "SIGI"]
    return labels


def read_by_cctbx(path, labels):
    """Return the number of batches of a file, its rows with a value, and its unique reflections."""
    from iotbx import mtz

    content = mtz.object(str(path))
    (rows,) = (array for array in content.as_miller_arrays(merge_equivalents=False) if array.info().labels == labels)
    rows = rows.select(rows.sigmas() > 0)
    rows = rows.select(rows.d_star_sq().data() > 0)
    mean = rows.average_bijvoet_mates() if rows.anomalous_flag() else rows
    merged = mean.as_non_anomalous_array().map_to_asu().merge_equivalents().array().set_observation_type(rows)
    return content.n_batches(), rows, merged


def differences_of_shells(path, labels, shells):
    """Return the largest differences from cctbx in any shell: of the completeness [%] and of the mean intensity [%]."""
    _, rows, merged = read_by_cctbx(path, labels)
    present = merged.remove_systematic_absences()
    intensities = present if rows.is_xray_intensity_array() else present.f_as_f_sq()
    found = {"completeness": 0.0, "meanIntensity": 0.0}
    possible = present.complete_set(d_min=present.d_min() * (1 - 1e-6), d_max=1e6)
    for number, (low, high, completeness, mean) in enumerate(shells):
        limits = {"d_max": low if number else 1e6, "d_min": high}
        inside = intensities.resolution_filter(**limits)
        of_shell = possible.resolution_filter(**limits)
        found["completeness"] = max(
            found["completeness"], abs(completeness - 100 * inside.size() / max(1, of_shell.size()))
        )
        if inside.size():
            theirs = sum(inside.data()) / inside.size()
            found["meanIntensity"] = max(found["meanIntensity"], 100 * abs(mean / theirs - 1))
    return found


def reflections_of_cctbx(path, labels):
    """Return the statistics of cctbx by our names."""
    from mmtbx.scaling.absolute_scaling import ml_iso_absolute_scaling

    n_batches, rows, merged = read_by_cctbx(path, labels)
    present = merged.remove_systematic_absences()
    ratios = rows.data() / rows.sigmas()
    return {
        "nReflections": rows.size() if n_batches else merged.size(),
        "resolutionHigh": rows.d_min(),
        "completeness": 100 * present.completeness(),
        "meanOverSigma": sum(ratios) / len(ratios),
        "wilsonB": ml_iso_absolute_scaling(present, n_residues=100, include_array_info=False).b_wilson,
    }


def model_of_cctbx(path):
    """Return the statistics of the first model of a file by our names."""
    import iotbx.pdb

    model = iotbx.pdb.input(str(path)).construct_hierarchy().models()[0]
    groups = list(model.residue_groups())
    b_values = model.atoms().extract_b()
    waters = sum(all(one.resname.strip() in {"HOH", "WAT"} for one in group.atom_groups()) for group in groups)
    return {
        "nAtoms": model.atoms_size(),
        "nResidues": len(groups) - waters,
        "nWaters": waters,
        "nChains": len({chain.id for chain in model.chains()}),
        "meanB": sum(b_values) / len(b_values),
    }


def compare(directory):
    """Print two tables, and return whether every statistic agrees within its tolerance."""
    found = json.loads((directory / "ours.json").read_text())
    reflections = {name: ours for name, ours in found.items() if name.endswith(".mtz")}
    for ours in reflections.values():
        ours["meanOverSigma"] = ours.get("meanIOverSigma", ours.get("meanFOverSigma"))
    models = {name: ours for name, ours in found.items() if name.endswith(".pdb")}
    pairs = [(name, ours, reflections_of_cctbx(directory / name, ours["labels"])) for name, ours in reflections.items()]
    agree = compared(TOLERANCES, pairs)
    nothing = dict.fromkeys(TOLERANCES_OF_SHELLS, 0.0)
    pairs = [
        (name, differences_of_shells(directory / name, ours["labels"], ours["shells"]), nothing)
        for name, ours in reflections.items()
    ]
    sys.stdout.write("largest difference of a resolution shell [%]\n")
    agree = compared(TOLERANCES_OF_SHELLS, pairs) and agree
    pairs = [(name, ours, model_of_cctbx(directory / name)) for name, ours in models.items()]
    agree = compared(TOLERANCES_OF_MODELS, pairs) and agree
    sys.stdout.write("ours/cctbx; - is not given, ! differs by more than the tolerance\n")
    return agree


def compared(tolerances, pairs):
    """Print a table of (name, our values, values of cctbx), and return whether they agree."""
    agree = True
    sys.stdout.write(f"{'':34}" + "".join(f"{name:>20}" for name in tolerances) + "\n")
    for name, ours, theirs in pairs:
        line = f"{name:34}"
        for statistic, tolerance in tolerances.items():
            own, other = ours.get(statistic), theirs[statistic]
            wrong = own is not None and (other is None or abs(own - other) > tolerance)
            agree = agree and not wrong
            texts = ["-" if value is None else f"{value:.2f}".removesuffix(".00") for value in (own, other)]
            line += f"{'/'.join(texts) + ('!' if wrong else ''):>20}"
        sys.stdout.write(f"{line}\n")
    sys.stdout.write("\n")
    return agree


if __name__ == "__main__":
    step, target = sys.argv[1], Path(sys.argv[2])
    target.mkdir(exist_ok=True)
    if step == "make":
        make(target)
    else:
        sys.exit(0 if compare(target) else 1)
