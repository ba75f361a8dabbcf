//! Verdicts, points, grades.
