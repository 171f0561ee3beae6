"""Figures for whoever watches the installation."""

from fastapi import APIRouter, Response

from taskbell_api.access import public
from taskbell_api.deps import ServicesDep
from taskbell_api.metrics import CONTENT_TYPE

router = APIRouter(tags=["health"])


@router.get("/metrics", include_in_schema=False)
@public
async def get_metrics(services: ServicesDep) -> Response:
    """Return the figures as Prometheus reads them.

    On the inner network only: the gateway answers 404, so there is no need to prove who asks.
    """
    return Response(await services.metrics.text(services.database), media_type=CONTENT_TYPE)
