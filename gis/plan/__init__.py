"""Pure algorithms on arrays, frames and graphs: opens nothing, reads no clock, seeded."""
