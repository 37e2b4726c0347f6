"""Pressure classes of gas (GB 50028), said once for every layer that has one."""

from gis.layer.attribute import Choice

PRESSURES = (
    Choice("low", "低压", "#f2c14e", "Low", ("低压管", "低压管道")),
    Choice("medium", "中压", "#f7a531", "Medium", ("中压管", "中压管道")),
    Choice("medium_b", "中压B", "#f08a24", "Medium B", ("中B", "中压B级", "中压 B")),
    Choice("medium_a", "中压A", "#e06010", "Medium A", ("中A", "中压A级", "中压 A")),
    Choice("sub_high", "次高压", "#d04010", "Sub-high", ("次高压管", "次高压管道")),
    Choice("sub_high_b", "次高压B", "#c02020", "Sub-high B", ("次高B", "次高压B级", "次高压 B")),
    Choice("sub_high_a", "次高压A", "#a01010", "Sub-high A", ("次高A", "次高压A级", "次高压 A")),
    Choice("high", "高压", "#881028", "High", ("高压管", "高压管道")),
    Choice("high_b", "高压B", "#701040", "High B", ("高B", "高压B级", "高压 B")),
    Choice("high_a", "高压A", "#500030", "High A", ("高A", "高压A级", "高压 A")),
    Choice("ultra_high", "超高压", "#300018", "Ultra-high", ("超高压管道",)),
)
"""A class without its letter stands for itself: the law's ranges are the same for both letters, and nobody guesses."""
