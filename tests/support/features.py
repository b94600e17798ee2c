"""The features of the bot, as `bot.app` collects them, for tests that run without it."""

from bot.app import FEATURES as DECLARED
from bot.feature import FeatureSet

FEATURES = FeatureSet.combine(DECLARED)
KINDS = FEATURES.kinds
