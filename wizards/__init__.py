from . import deadline_notice_forecast, deadline_notice_wizard
