"""Every model of the room."""

from iofacturo.help_center.feedback import Feedback as Feedback
from iofacturo.help_center.version import ArticleVersion as ArticleVersion
