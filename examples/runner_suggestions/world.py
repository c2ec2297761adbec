"""The runners and the routes.

The attributes of a runner are drawn independently of each other (pace does not depend on age, nor completion on the
city), so that a fault planted in one feature does not change the distribution of another.
"""

from __future__ import annotations

import numpy as np

from examples.runner_suggestions.columns import Array, Columns, numbered, take

DAYPARTS = ("morning", "midday", "afternoon", "evening")

# route, city, state, country, latitude, longitude, distance_km, elevation_m, weight
_ROUTES = (
    ("Boston Marathon", "Boston", "MA", "USA", 42.2297, -71.5178, 42.195, 248, 4),
    ("Charles River Loop", "Boston", "MA", "USA", 42.3601, -71.0942, 10.0, 26, 9),
    ("Jamaica Pond Mile", "Boston", "MA", "USA", 42.3188, -71.1209, 2.4, 9, 7),
    ("Seattle Oktoberfest 5k", "Seattle", "WA", "USA", 47.6487, -122.3517, 5.0, 41, 9),
    ("Green Lake Loop", "Seattle", "WA", "USA", 47.6806, -122.3289, 4.5, 12, 9),
    ("Discovery Park Bluffs", "Seattle", "WA", "USA", 47.6573, -122.4059, 7.2, 158, 5),
    ("Lakefront 10 Mile", "Chicago", "IL", "USA", 41.8919, -87.6051, 16.093, 33, 6),
    ("Chicago Riverwalk 5k", "Chicago", "IL", "USA", 41.8885, -87.6233, 5.0, 14, 8),
    ("Golden Gate Half", "San Francisco", "CA", "USA", 37.8078, -122.4750, 21.098, 372, 4),
    ("Twin Peaks Climb", "San Francisco", "CA", "USA", 37.7544, -122.4477, 8.1, 396, 3),
    ("Embarcadero Easy 6k", "San Francisco", "CA", "USA", 37.7993, -122.3977, 6.0, 18, 7),
    ("Central Park Full Loop", "New York", "NY", "USA", 40.7812, -73.9665, 9.8, 109, 8),
    ("Brooklyn Bridge Out and Back", "New York", "NY", "USA", 40.7061, -73.9969, 6.8, 62, 6),
    ("Mesa Trail", "Boulder", "CO", "USA", 39.9988, -105.2830, 11.1, 460, 3),
    ("Boulder Creek Path", "Boulder", "CO", "USA", 40.0150, -105.2705, 8.9, 97, 5),
    ("Stanley Park Seawall", "Vancouver", "BC", "Canada", 49.3017, -123.1417, 9.0, 22, 7),
)
# Name, youngest, oldest, weight. The fault `campaign` adds an age group that is not among these.
_AGE_GROUPS = (
    ("25-34", 25, 34, 34),
    ("35-44", 35, 44, 30),
    ("45-54", 45, 54, 20),
    ("55-64", 55, 64, 11),
    ("65+", 65, 79, 5),
)
_CITIES = (
    ("Boston", 22),
    ("Seattle", 20),
    ("Chicago", 17),
    ("San Francisco", 15),
    ("New York", 14),
    ("Boulder", 6),
    ("Vancouver", 6),
)
_GENDERS = (("female", 48), ("male", 48), ("nonbinary", 4))


def routes() -> Columns:
    """One row for each route, with the `weight` by which it is suggested and run."""
    names = ("route", "city", "state", "country", "latitude", "longitude", "distance_km", "elevation_m", "weight")
    columns = {name: np.array(values) for name, values in zip(names, zip(*_ROUTES, strict=True), strict=True)}
    return columns | {"elevation_m": columns["elevation_m"].astype(float)}


def draw_runners(
    rng: np.random.Generator,
    count: int,
    *,
    prefix: str,
    age_groups: tuple[tuple[str, int, int, int], ...] = _AGE_GROUPS,
) -> Columns:
    """`count` runners: demographics, and the habits that determine their runs and responses.

    `usual_pace` is in min/km, `usual_completion` a share in 0..1, `usual_heart_rate` in beats per minute.
    """
    group = _pick(rng, count, [weight for *_, weight in age_groups])
    youngest, oldest = (np.array([row[place] for row in age_groups])[group] for place in (1, 2))
    return {
        "runner_id": numbered(prefix, count, 5),
        "age": rng.integers(youngest, oldest + 1),
        "gender": _choose(rng, count, _GENDERS),
        "home_city": _choose(rng, count, _CITIES),
        "usual_pace": np.clip(rng.normal(5.9, 0.7, count), 3.6, 9.0),
        "usual_completion": rng.beta(6.0, 4.0, count),
        "usual_heart_rate": rng.normal(148.0, 10.0, count),
    }


def next_day(rng: np.random.Generator, runners: Columns) -> tuple[Columns, Array]:
    """The runners a day later, and a mask of those who changed: birthdays, and the few who moved."""
    count = len(runners["age"])
    birthday = rng.random(count) < 1 / 365
    moved = rng.random(count) < 0.005
    home_city = np.where(moved, _choose(rng, count, _CITIES), runners["home_city"])
    older = np.minimum(runners["age"] + birthday, _AGE_GROUPS[-1][2])
    changed = (older != runners["age"]) | (home_city != runners["home_city"])
    return runners | {"age": older, "home_city": home_city}, changed


def age_group(age: Array) -> Array:
    """`18-24`, `25-34`, ..., `65+`."""
    names = np.array(["18-24", *(name for name, *_ in _AGE_GROUPS)])
    return names[np.searchsorted([youngest for _, youngest, *_ in _AGE_GROUPS], age, side="right")]


def daypart(hour: Array) -> Array:
    """`morning` from 4, `midday` from 11, `afternoon` from 14, `evening` from 17 and through the night."""
    return np.array(["evening", *DAYPARTS])[np.searchsorted([4, 11, 14, 17], hour, side="right")]


def draw_routes(rng: np.random.Generator, home_city: Array) -> Columns:
    """A route for each runner, by weight: mostly one in the home city, sometimes one elsewhere."""
    known = routes()
    cities, code = np.unique(home_city, return_inverse=True)
    weights = known["weight"] * np.where(known["city"] == cities[:, None], 20.0, 1.0)
    shares = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    picked = (rng.random(home_city.size)[:, None] > shares[code]).sum(axis=1).clip(max=known["weight"].size - 1)
    return take({name: known[name] for name in ("route", "distance_km", "elevation_m")}, picked)


def draw_times(rng: np.random.Generator, day: np.datetime64, count: int) -> Array:
    """`count` instants of the day in UTC, to the millisecond: few at night, most after work."""
    by_hour = [1, 0, 0, 0, 1, 4, 9, 10, 7, 5, 4, 5, 7, 5, 4, 5, 7, 11, 13, 11, 8, 5, 3, 2]
    ms = _pick(rng, count, by_hour) * 3_600_000 + rng.integers(0, 3_600_000, count)
    return day.astype("datetime64[ms]") + ms.astype("timedelta64[ms]")


def _choose(rng: np.random.Generator, count: int, weighted: tuple[tuple[str, int], ...]) -> Array:
    return np.array([name for name, _ in weighted])[_pick(rng, count, [weight for _, weight in weighted])]


def _pick(rng: np.random.Generator, count: int, weights: object) -> Array:
    shares = np.cumsum(np.asarray(weights, dtype=float))
    return np.searchsorted(shares / shares[-1], rng.random(count), side="right")
