// Draws what drawing.py wrote: unpacks the shapes, draws many of them as one path, and answers clicks.
// Text from data enters the page through textContent alone.
"use strict";
const wangge = (() => {
  const CHUNK = 400; // features drawn as one path: few enough to be skipped when out of sight
  const SECTIONS = 6; // features told in one popup
  const REACH = 8; // pixels from a click to a line or point that counts as hit
  const NUMBERED = 16; // from this zoom on, points that have a number show it
  let map;
  let canvas;
  let layers = [];
  const shown = []; // every view: {group, layer, view, place}

  function unpacked(text) {
    const numbers = [];
    for (let at = 0, value = 0, shift = 0; at < text.length; at++) {
      const bits = text.charCodeAt(at) - 63;
      value |= (bits & 31) << shift;
      if (bits & 32) shift += 5;
      else {
        numbers.push((value >>> 1) ^ -(value & 1));
        value = shift = 0;
      }
    }
    return numbers;
  }

  function positions(text) {
    const steps = unpacked(text);
    const found = [];
    for (let at = 0, x = 0, y = 0; at < steps.length; at += 2) {
      x += steps[at];
      y += steps[at + 1];
      found.push(L.latLng(y / 1e6, x / 1e6));
    }
    return found;
  }

  function features(layer) {
    if (layer.features) return layer.features;
    const points = positions(layer.positions);
    const sizes = unpacked(layer.sizes);
    let point = 0;
    let ring = 0;
    layer.features = unpacked(layer.rings).map((count) => {
      const rings = sizes.slice(ring, (ring += count)).map((size) => points.slice(point, (point += size)));
      return { rings, box: L.latLngBounds(rings.flat()) };
    });
    layer.positions = layer.sizes = layer.rings = "";
    return layer.features;
  }

  // How wide a path is drawn at the map's zoom: thin when a county is seen, full when a street is.
  function breadth(layer, view, halo) {
    const zoom = map.getZoom();
    const near = zoom >= 17 ? 1.6 : zoom >= 15 ? 1.15 : zoom >= 13 ? 0.8 : 0.55;
    if (layer.kind === "point" && layer.labels.length && zoom >= NUMBERED) return 18 + (halo ? near * 2 : 0);
    if (layer.kind === "point") return (zoom >= 17 ? 11 : zoom >= 15 ? 8 : zoom >= 13 ? 4.5 : 2.5) + (halo ? near * 2 : 0);
    if (layer.kind === "area" && view.filled) return zoom >= 15 ? view.width : Math.max(view.width * near, 0.5);
    return view.width * near * (view.bold ? 2.2 : 1) + (halo ? near * 2.5 : 0);
  }

  function darker(colour) {
    const part = (from) => Math.round(parseInt(colour.slice(from, from + 2), 16) * 0.72);
    return `rgb(${part(1)},${part(3)},${part(5)})`;
  }

  function path(layer, view, colour, rings, halo) {
    const filled = layer.kind === "area" && view.filled;
    const style = {
      renderer: canvas, interactive: false, noClip: true, lineCap: "round", lineJoin: "round", smoothFactor: 0.6,
      color: halo ? "#ffffff" : filled ? darker(colour) : colour, weight: breadth(layer, view, halo),
      opacity: halo ? 0.9 : 1, fill: filled, fillColor: colour, fillOpacity: view.quiet ? 0.5 : 0.9, fillRule: "nonzero",
      stroke: !view.quiet,
    };
    if (filled) return L.polygon(rings, style);
    if (layer.kind === "point") return L.polyline(rings.map(([spot]) => [spot, spot]), style); // a round cap is a dot
    return L.polyline(layer.kind === "area" ? rings.map((ring) => [...ring, ring[0]]) : rings, style);
  }

  function chunks(layer, view) {
    const open = view.colours.map(() => []);
    const full = [];
    unpacked(view.at).forEach((colour, row) => {
      const rings = features(layer)[row].rings;
      open[colour].push(...rings);
      if (open[colour].length >= CHUNK) full.push([colour, open[colour].splice(0)]);
    });
    open.forEach((rings, colour) => rings.length && full.push([colour, rings]));
    return full.sort((one, other) => one[0] - other[0]);
  }

  function fill(entry) {
    const { layer, view, group } = entry;
    const parts = chunks(layer, view);
    const halos = layer.kind === "point" || view.bold ? [true, false] : [false];
    halos.forEach((halo) => parts.forEach(([colour, rings]) => {
      const drawn = path(layer, view, view.colours[colour], rings, halo);
      entry.paths.push([drawn, halo]);
      group.addLayer(drawn);
    }));
    if (view.quiet) positions(layer.spots).forEach((spot, place) => {
      const marker = label(spot, layer.labels[place], "label");
      entry.labels.push([marker, features(layer)[place].box]);
      group.addLayer(marker);
    });
    entry.filled = true;
  }

  // The numbers of points, of those alone that are in sight: a county has thousands, and each is an element.
  function number() {
    const seen = map.getBounds().pad(0.1);
    shown.filter((entry) => entry.layer.kind === "point" && entry.layer.labels.length).forEach((entry) => {
      entry.labels.splice(0).forEach(([marker]) => entry.group.removeLayer(marker));
      if (!map.hasLayer(entry.group) || map.getZoom() < NUMBERED) return;
      features(entry.layer).forEach((feature, place) => {
        const text = entry.layer.labels[place];
        if (!text || !seen.intersects(feature.box)) return;
        const marker = label(feature.box.getCenter(), text, "number");
        entry.labels.push([marker, feature.box]);
        entry.group.addLayer(marker);
      });
    });
  }

  function label(spot, text, kind) {
    const element = document.createElement("span");
    element.textContent = text;
    return L.marker(spot, { interactive: false, keyboard: false,
      icon: L.divIcon({ className: kind, html: element, iconSize: [60, 18] }) });
  }

  function restack() {
    inOrder().forEach((entry) => entry.paths.forEach(([drawn]) => map.hasLayer(drawn) && drawn.bringToFront()));
  }

  // Runs before Leaflet draws the new zoom, so that setting the option is enough.
  function resize() {
    shown.forEach((entry) => {
      entry.paths.forEach(([drawn, halo]) => (drawn.options.weight = breadth(entry.layer, entry.view, halo)));
      if (entry.view.quiet) entry.labels.forEach(([marker, box]) => marker.setOpacity(isRoomy(box) ? 1 : 0));
    });
  }

  function isRoomy(box) {
    const size = map.latLngToLayerPoint(box.getSouthEast()).subtract(map.latLngToLayerPoint(box.getNorthWest()));
    return size.x > 40 && size.y > 26;
  }

  const inOrder = () => shown.filter((entry) => map.hasLayer(entry.group)).sort((one, other) => one.view.order - other.view.order);

  // Whether a feature is hit: inside an area, or within reach of a line or point on the screen.
  function isHit(layer, feature, click, reach) {
    if (!reach.intersects(feature.box)) return false;
    if (layer.kind === "area") return isInside(feature.rings, click);
    const spot = map.latLngToContainerPoint(click);
    return feature.rings.some((ring) => {
      const line = ring.map((point) => map.latLngToContainerPoint(point));
      if (line.length === 1) return spot.distanceTo(line[0]) <= REACH;
      return line.some((end, at) => at && L.LineUtil.pointToSegmentDistance(spot, line[at - 1], end) <= REACH);
    });
  }

  function isInside(rings, spot) {
    let inside = false;
    rings.forEach((ring) => ring.forEach((end, at) => {
      const start = ring[at ? at - 1 : ring.length - 1];
      const crosses = end.lat > spot.lat !== start.lat > spot.lat &&
        spot.lng < ((start.lng - end.lng) * (spot.lat - end.lat)) / (start.lat - end.lat) + end.lng;
      if (crosses) inside = !inside;
    }));
    return inside;
  }

  // What lies at a click, topmost first; areas drawn as outlines come last, the smallest first.
  function hits(click) {
    const at = map.latLngToContainerPoint(click);
    const corner = (by) => map.containerPointToLatLng(at.add([by, by]));
    const reach = L.latLngBounds(corner(-REACH), corner(REACH));
    const found = [];
    const told = new Set();
    inOrder().reverse().forEach(({ layer }) => {
      if (told.has(layer)) return;
      told.add(layer);
      features(layer).forEach((feature, row) => isHit(layer, feature, click, reach) && found.push([layer, row]));
    });
    const rank = ([layer, place]) => (layer.kind === "area" && !layer.views[0].filled ? extent(features(layer)[place].box) : 0);
    return found.sort((one, other) => rank(one) - rank(other));
  }

  const extent = (box) => (box.getEast() - box.getWest()) * (box.getNorth() - box.getSouth());

  function row(table, label, value, unit) {
    const line = table.insertRow();
    line.insertCell().textContent = label;
    line.insertCell().textContent = unit ? `${value} ${unit}` : value;
  }

  function section(layer, place) {
    const part = document.createElement("section");
    part.appendChild(document.createElement("h4")).textContent = layer.title;
    const table = part.appendChild(document.createElement("table"));
    layer.columns.forEach((column) => {
      column.places = column.places || unpacked(column.at);
      const text = column.places[place];
      if (text) row(table, column.label, column.texts[text - 1], column.unit);
    });
    return part;
  }

  function tell(event) {
    const found = hits(event.latlng);
    if (!found.length) return;
    const content = document.createElement("div");
    found.slice(0, SECTIONS).forEach(([layer, place]) => content.appendChild(section(layer, place)));
    if (found.length > SECTIONS) {
      content.appendChild(document.createElement("p")).textContent = `此处另有 ${found.length - SECTIONS} 项`;
    }
    L.popup({ maxWidth: 280, maxHeight: 320 }).setLatLng(event.latlng).setContent(content).openOn(map);
  }

  function open(opened) {
    map = opened;
    canvas = L.canvas({ padding: 0.3 });
    layers = JSON.parse(document.getElementById("wangge-data").textContent);
    L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    map.on("zoomend", resize).on("moveend", number).on("click", tell);
  }

  function view(place, part) {
    const entry = { layer: layers[place], view: layers[place].views[part], place: `${place}-${part}`,
      group: L.featureGroup(), paths: [], labels: [], filled: false };
    entry.group.on("add", () => entry.filled || fill(entry));
    shown.push(entry);
    return entry.group;
  }

  // Ties the boxes of the legend to the layers, and folds what would cover a small screen.
  function ready() {
    shown.forEach((entry) => {
      const box = document.querySelector(`[data-view="${entry.place}"] input`);
      const tick = () => (box.checked = map.hasLayer(entry.group));
      box.addEventListener("change", () => (box.checked ? map.addLayer(entry.group) : map.removeLayer(entry.group)));
      entry.group.on("add remove", () => { tick(); resize(); restack(); number(); });
      tick();
    });
    document.querySelector(".leaflet-control-layers-toggle").title = "图层 Layers";
    if (window.innerWidth < 700) document.querySelectorAll("details[data-fold]").forEach((each) => (each.open = false));
    resize();
    restack();
    number();
    document.body.dataset.ready = "yes";
  }

  return { open, view, ready };
})();
