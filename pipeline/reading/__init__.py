"""Files for people who only want them read: what is in one (`survey`), and all of it as clean CSV (`rewrite`)."""

from pipeline.reading.members import each_file
from pipeline.reading.rewrite import Rewritten, rewrite
from pipeline.reading.survey import Survey, survey

__all__ = ["Rewritten", "Survey", "each_file", "rewrite", "survey"]
