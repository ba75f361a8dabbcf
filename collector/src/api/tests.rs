//! The routes for agents as a stranger meets them: limits first, then refusals that tell nothing.

use std::task::{Context, Poll};

use axum::body::Bytes;
use axum::http::Method;
use expect_test::{Expect, expect};
use hyper::body::{Frame, SizeHint};
use rules::limits::ENVELOPE_BYTES_MAX;
use tower::ServiceExt;

use super::*;
use crate::intake::tests::{Office, join_bytes, packed, signing_key};
use crate::store::key;

/// A body that announces nothing and gives so many bytes; then it ends, or never does.
struct Drip {
    left: usize,
    ends: bool,
}

impl HttpBody for Drip {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if self.left == 0 {
            return if self.ends { Poll::Ready(None) } else { Poll::Pending };
        }
        let count = self.left.min(1024);
        self.left -= count;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![0; count])))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

fn routes(office: &Office, burst: u32) -> Router {
    let throttle = Throttle::new(1, burst);
    router(Agents::new(office.app.clone(), office.intake.clone(), throttle, Duration::from_millis(20)))
}

async fn ask(router: &Router, method: Method, path: &str, body: Body) -> Response {
    let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 7], 50_000))));
    router.clone().oneshot(request).await.unwrap()
}

async fn told(answer: Response) -> String {
    let status = answer.status().as_u16();
    let retry = answer.headers().get(header::RETRY_AFTER).map(|after| after.to_str().unwrap().to_owned());
    let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
    let retry = retry.map_or_else(String::new, |after| format!(" (retry after {after})"));
    format!("{status}{retry} {}", String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn limits_come_before_work() {
    async fn check(body: Body, expected: Expect) {
        let office = Office::open().await;
        expected.assert_eq(&told(ask(&routes(&office, 10), Method::POST, "/v1/reports", body).await).await);
        assert_eq!(office.app.refusals.counts().values().sum::<u64>(), 1);
    }
    check(
        Body::from(vec![0; ENVELOPE_BYTES_MAX + 1]),
        expect![[r#"413 {"error":{"code":"too-large","message":"the body is over the limit"}}"#]],
    )
    .await;
    check(
        Body::new(Drip { left: ENVELOPE_BYTES_MAX + 1, ends: false }),
        expect![[r#"413 {"error":{"code":"too-large","message":"the body is over the limit"}}"#]],
    )
    .await;
    check(Body::new(Drip { left: 1, ends: false }), expect![[r#"503 (retry after 15) {"error":{"code":"busy","message":"the collector has too much to do, or the line is too slow: come back later"}}"#]]).await;
    check(
        Body::new(Drip { left: 1, ends: true }),
        expect![[r#"400 {"error":{"code":"malformed","message":"the body cannot be read"}}"#]],
    )
    .await;
    check(
        Body::empty(),
        expect![[r#"400 {"error":{"code":"malformed","message":"the body cannot be read"}}"#]],
    )
    .await;
}

#[tokio::test]
async fn too_many_requests_of_one_address() {
    let office = Office::open().await;
    let router = routes(&office, 1);
    assert!(told(ask(&router, Method::POST, "/v1/join", Body::empty()).await).await.starts_with("400"));
    expect![[r#"429 (retry after 15) {"error":{"code":"busy","message":"the collector has too much to do, or the line is too slow: come back later"}}"#]].assert_eq(&told(ask(&router, Method::POST, "/v1/join", Body::empty()).await).await);
    expect![[r#"200 {"ready":true}"#]]
        .assert_eq(&told(ask(&router, Method::GET, "/v1/health", Body::empty()).await).await);
}

#[tokio::test]
async fn bodies_take_bounded_memory() {
    let office = Office::open().await;
    let agents =
        Agents::new(office.app.clone(), office.intake.clone(), Throttle::new(1, 10), Duration::from_secs(1));
    let all =
        Arc::clone(&agents.bodies).try_acquire_many_owned(u32::try_from(BODIES_KIB_MAX).unwrap()).unwrap();
    let router = router(agents);
    assert!(
        told(ask(&router, Method::POST, "/v1/reports", Body::empty()).await).await.starts_with("503 (retry")
    );
    drop(all);
    assert!(told(ask(&router, Method::POST, "/v1/reports", Body::empty()).await).await.starts_with("400"));
}

#[tokio::test]
async fn credential_faults_look_alike() {
    let office = Office::open().await;
    let router = routes(&office, 100);
    let (known, withdrawn, stranger) = (signing_key(), signing_key(), signing_key());
    for key in [&known, &withdrawn] {
        let joined = ask(&router, Method::POST, "/v1/join", Body::from(join_bytes(key, b"open"))).await;
        assert_eq!(joined.status(), StatusCode::OK);
    }
    let mut tx = office.app.store.begin().await.unwrap();
    key::withdraw(&mut tx, &withdrawn.id().0, office.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut forged = packed(&known, 1);
    *forged.last_mut().unwrap() ^= 1;
    let expected = expect![[
        r#"401 {"error":{"code":"not-admitted","message":"this PC is not admitted: join again with a join code of the collector"}}"#
    ]];
    for (path, bytes) in [
        ("/v1/reports", packed(&stranger, 1)),
        ("/v1/reports", packed(&withdrawn, 1)),
        ("/v1/reports", forged),
        ("/v1/join", join_bytes(&stranger, b"open")),
        ("/v1/join", join_bytes(&stranger, b"wrong")),
        ("/v1/join", join_bytes(&withdrawn, b"open")),
    ] {
        expected.assert_eq(&told(ask(&router, Method::POST, path, Body::from(bytes)).await).await);
    }
    let taken = ask(&router, Method::POST, "/v1/reports", Body::from(packed(&known, 1))).await;
    assert_eq!(taken.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_goes_wrong_here_is_not_told_outside() {
    let office = Office::open().await;
    let router = routes(&office, 100);
    office.app.store.close().await;
    let told =
        told(ask(&router, Method::POST, "/v1/reports", Body::from(packed(&signing_key(), 1))).await).await;
    assert!(told.starts_with("500 {\"error\":{\"code\":\"internal\""), "{told}");
    assert!(!told.contains("pool") && !told.contains("database"), "{told}");
}
