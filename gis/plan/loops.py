"""Gas in pipes with loops, and the check of a finished plan: pandapipes solves them anew, by Colebrook's friction.

pandapipes converges to a pressure below zero without a word, so the least pressure is tested here. No heights.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.errors import Refused
from gis.plan.hydraulics import ATMOSPHERE_PA, NATURAL_GAS, Gas
from gis.plan.sizes import Asked, Sized
from gis.plan.sweeps import Floats, Integers, fallen

BAR_PA = 1e5
HOUR_S = 3600.0
TOLERANCES = {"tol_p": 1e-9, "tol_m": 1e-9, "tol_res": 1e-6, "tolerance_colebrook": 1e-10}
ITERATIONS = {"max_iter_hyd": 60, "max_iter_colebrook": 100}
COMPARED_PA = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Pipes:
    """Pipes between nodes numbered from 0, in any shape: ends, length in m, bore and roughness in mm."""

    u: Integers
    v: Integers
    length_m: Floats
    bore_mm: Floats
    roughness_mm: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Flowing:
    """What flows: gauge pressure in Pa at each node (-101,325 where no gas arrives), m³/h from u to v in each pipe."""

    pressure_pa: Floats
    flow: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """A finished plan solved anew: gauge pressure in Pa at each far end, and which lie below the least pressure.

    `apart_pct` is by how much the drop from the root differs from the plan's, at most, in % of the larger drop at the
    same pipe (drops below 1 Pa are not compared).
    """

    pressure_pa: Floats
    short: NDArray[np.bool_]
    apart_pct: float


def solved(pipes: Pipes, taken: Floats, supply_pa: Floats, *, gas: Gas = NATURAL_GAS) -> Flowing:
    """Give pressures and flows where `taken` m³/h leave each node and `supply_pa` holds there (NaN: no supply).

    Flows are m³/h at 0 °C and 101,325 Pa. Method: Newton-Raphson of pandapipes (Lohmeier et al., Sustainability 12
    (2020) 9899). Raises Refused where it does not converge or finds a pressure below a vacuum: more is taken than the
    pipes can carry; or where a node hangs on no supply.
    """
    pandapipes = imported()
    from pandapipes.pf.pipeflow_setup import PipeflowNotConverged

    net = _net(pipes, taken, supply_pa, gas)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pandapipes.pipeflow(
                net, friction_model="colebrook", use_numba=False, mode="hydraulics", **TOLERANCES, **ITERATIONS
            )
        except PipeflowNotConverged:
            raise Refused("pandapipes finds no flow: more gas is taken than the pipes can carry") from None
    pressure = net.res_junction["p_bar"].to_numpy(dtype=float) * BAR_PA
    if np.isnan(pressure).any():
        raise Refused(f"node {int(np.flatnonzero(np.isnan(pressure))[0])} hangs on no supply")
    if (pressure <= -ATMOSPHERE_PA).any():
        raise Refused("pandapipes finds a pressure below a vacuum: more gas is taken than the pipes can carry")
    return Flowing(pressure, net.res_pipe["mdot_from_kg_per_s"].to_numpy(dtype=float) / gas.density * HOUR_S)


def imported() -> Any:  # pandapipes ships no types
    """Give pandapipes. Its import replaces how matplotlib begins to draw by a way that fails; that is put back."""
    from matplotlib.backend_bases import RendererBase

    begins = RendererBase.new_gc
    import pandapipes

    RendererBase.new_gc = begins  # type: ignore[method-assign]
    return pandapipes


def _net(pipes: Pipes, taken: Floats, supply_pa: Floats, gas: Gas) -> Any:  # pandapipes ships no types
    pandapipes = imported()
    fluid = pandapipes.create_constant_fluid(
        name="gas",
        fluid_type="gas",
        density=gas.density,
        viscosity=gas.viscosity_pa_s,
        compressibility=gas.compressibility,
        der_compressibility=0.0,
        heat_capacity=2200.0,  # not read: the gas has the ground's temperature throughout
        molar_mass=16.5,  # not read either
    )
    net = pandapipes.create_empty_network(fluid=fluid)
    first = float(np.nanmax(supply_pa)) / BAR_PA
    pandapipes.create_junctions(net, len(taken), pn_bar=first, tfluid_k=gas.temperature_k)
    held = np.flatnonzero(~np.isnan(supply_pa))
    pandapipes.create_ext_grids(net, held, p_bar=supply_pa[held] / BAR_PA, t_k=gas.temperature_k)
    pandapipes.create_sinks(net, np.arange(len(taken)), taken * gas.density / HOUR_S)
    pandapipes.create_pipes_from_parameters(
        net,
        pipes.u,
        pipes.v,
        pipes.length_m / 1000,
        inner_diameter_mm=pipes.bore_mm,
        k_mm=pipes.roughness_mm,
        text_k=gas.temperature_k,
    )
    return net


def checked(question: Asked, plan: Sized) -> Checked:
    """Give a finished plan solved anew by `solved`, each pipe with the flow of its own peak hour.

    To carry these flows, which are not conserved where pipes meet, each node takes what comes and does not go on; where
    pipes that peak at different hours meet it gives. Raises Refused as `solved` does.
    """
    tree, count = question.tree, len(question.tree)
    roots = np.flatnonzero(tree.parent < 0)
    number = count + np.arange(len(roots))
    above = tree.parent.copy()
    above[roots] = number
    taken, supply = np.zeros(count + len(roots)), np.full(count + len(roots), np.nan)
    taken[:count] = plan.flow
    np.subtract.at(taken, tree.parent[tree.parent >= 0], plan.flow[tree.parent >= 0])
    supply[number] = question.limits.supply_pa[roots]
    catalogue = question.catalogue
    bore, rough = catalogue.bore_mm[plan.size], catalogue.roughness_mm[plan.size]
    pipes = Pipes(above, np.arange(count), tree.length_m, bore, rough)
    pressure = solved(pipes, taken, supply, gas=question.gas).pressure_pa[:count]
    start = fallen(tree.parent, np.zeros(count), question.limits.supply_pa)
    return Checked(
        pressure_pa=pressure,
        short=pressure < question.limits.least_pa,
        apart_pct=apart_pct(start - pressure, start - plan.pressure_pa),
    )


def apart_pct(a: Floats, b: Floats) -> float:
    """Give the largest difference of two drops in Pa, in % of the larger of both; drops below 1 Pa are left out."""
    larger = np.maximum(a, b)
    compared = larger >= COMPARED_PA
    return float(100 * np.max(np.abs(a - b)[compared] / larger[compared], initial=0.0))
