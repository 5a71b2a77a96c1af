"""gunicorn's loggers, redacted like ours."""

from django.conf import settings
from gunicorn.config import Config
from gunicorn.glogging import Logger

from iofacturo.lib.redaction import Redaction


class ServerLogger(Logger):
    """Errors and the access log, if there is one: `--logger-class` of `iofacturo web`."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.addFilter(Redaction(settings.SECRET_PATHS))
