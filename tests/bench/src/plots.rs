//! Plots of how the cost grows, as SVG.

use std::path::Path;

use plotters::{
    coord::ranged1d::{AsRangedCoord, ValueFormatter},
    prelude::*,
};

use crate::Result;

const SIZE: (u32, u32) = (720, 420);

/// One line of a plot.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// What a plot shows.
#[derive(Debug)]
pub(crate) struct Plot<'a> {
    pub(crate) title: &'a str,
    pub(crate) x: &'a str,
    pub(crate) y: &'a str,
    pub(crate) scale: Scale,
    pub(crate) lines: &'a [Line],
}

/// Of both axes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scale {
    Logarithmic,
    /// From zero.
    Linear,
}

impl Plot<'_> {
    pub(crate) fn draw(&self, path: &Path) -> Result<()> {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let max = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::MIN, f64::max);
        let min = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::MAX, f64::min);
        match self.scale {
            Scale::Logarithmic => {
                let x = (min(|p| p.0)..max(|p| p.0) * 1.1).log_scale();
                let y = (min(|p| p.1) * 0.5..max(|p| p.1) * 2.0).log_scale();
                self.draw_over(path, x, y)
            }
            // With room for the names of the lines.
            Scale::Linear => self.draw_over(path, 0.0..max(|p| p.0), 0.0..max(|p| p.1) * 1.4),
        }
    }

    fn draw_over<X, Y>(&self, path: &Path, x: X, y: Y) -> Result<()>
    where
        X: AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
        Y: AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
    {
        let root = SVGBackend::new(path, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let mut builder = ChartBuilder::on(&root);
        builder
            .caption(self.title, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(60);
        let mut chart = builder.build_cartesian_2d(x, y)?;
        let mut mesh = chart.configure_mesh();
        mesh.x_desc(self.x).y_desc(self.y).draw()?;
        for (at, line) in self.lines.iter().enumerate() {
            let style = Palette99::pick(at).to_rgba().stroke_width(2);
            let series = LineSeries::new(line.points.iter().copied(), style).point_size(3);
            let drawn = chart.draw_series(series)?.label(line.name.as_str());
            drawn.legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        }
        let mut labels = chart.configure_series_labels();
        labels.position(SeriesLabelPosition::UpperLeft);
        labels.background_style(WHITE).border_style(BLACK).draw()?;
        root.present()?;
        Ok(())
    }
}
