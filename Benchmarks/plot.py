#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws what `hack/bench --results FILE` wrote as an SVG of bars: plot.py FILE > docs/performance.svg"""
import json
import sys

BARS = [("reference", "plain C", "#9aa5b1"), ("fixed", "podmint, fixed reply", "#7fb3d5"), ("podmint", "podmint, a patched pod", "#1f6fb2")]
LEFT, WIDTH, ROW = 270, 460, 56


def main():
    figures = json.load(open(sys.argv[1]))["reviews"]
    scale = WIDTH / max(row[key] for row in figures for key, _, _ in BARS)
    height = 70 + ROW * len(figures)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 90} {height}" '
          'font-family="sans-serif" font-size="13"><!-- SPDX-License-Identifier: Apache-2.0 -->')
    print(f'<rect width="100%" height="100%" fill="white"/><text x="10" y="24" font-size="15">CPU of the server for one review, in µs</text>')
    for place, (_, label, colour) in enumerate(BARS):
        x = 10 + 200 * place
        print(f'<rect x="{x}" y="36" width="12" height="12" fill="{colour}"/><text x="{x + 18}" y="47">{label}</text>')
    for line, row in enumerate(figures):
        y = 64 + ROW * line
        print(f'<text x="{LEFT - 10}" y="{y + 26}" text-anchor="end">{row["name"]}</text>')
        for place, (key, _, colour) in enumerate(BARS):
            bar = y + 4 + 14 * place
            print(f'<rect x="{LEFT}" y="{bar}" width="{row[key] * scale:.1f}" height="12" fill="{colour}"/>'
                  f'<text x="{LEFT + row[key] * scale + 6:.1f}" y="{bar + 10}" font-size="11">{row[key]:.1f}</text>')
    print("</svg>")


main()
