from . import deadline_analysis
