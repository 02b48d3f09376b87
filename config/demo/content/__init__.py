"""What the demo shop sells and holds, as plain data.

No Django, no clock: dates are offsets in days from a given day.
"""

from config.demo.content.cosmetics_body import BODY
from config.demo.content.cosmetics_colour import MAKE_UP_AND_FRAGRANCE
from config.demo.content.cosmetics_face import FACE
from config.demo.content.cosmetics_hair import HAIR
from config.demo.content.cosmetics_sun import SUN
from config.demo.content.shapes import ProductSpec
from config.demo.content.sports_cycling_football import CYCLING_AND_FOOTBALL
from config.demo.content.sports_indoor_winter import FITNESS_WATER_AND_WINTER
from config.demo.content.sports_outdoor import OUTDOOR
from config.demo.content.sports_running import RUNNING

COSMETICS: tuple[ProductSpec, ...] = SUN + FACE + BODY + HAIR + MAKE_UP_AND_FRAGRANCE
SPORTS: tuple[ProductSpec, ...] = (
    RUNNING + CYCLING_AND_FOOTBALL + OUTDOOR + FITNESS_WATER_AND_WINTER
)
PRODUCTS: tuple[ProductSpec, ...] = COSMETICS + SPORTS
