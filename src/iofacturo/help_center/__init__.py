"""The help centre: articles that people read, search and judge.

The articles of the product are Markdown files in `articles/`; what staff write stands over them,
version by version, in `ArticleVersion`. See `article.py` for the format.
"""
