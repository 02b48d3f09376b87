"""The endpoints of compliance, below /api/v1/."""

from django.urls import path

from compliance.assessments.api.v1 import AssessmentsView

api_urlpatterns = [
    path("compliance/assessments", AssessmentsView.as_view(), name="compliance-assessments"),
]
