"""The incident tests use the worlds of the rooms they are about."""

from tests.pki.conftest import status_cloud, world

__all__ = ["status_cloud", "world"]
